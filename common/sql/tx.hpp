// Statements inside a transaction. SQL is written once for SQLite and PostgreSQL: parameters are $1, $2 …;
// times are BIGINT milliseconds, flags BIGINT 0/1, ids and JSON TEXT; upserts use ON CONFLICT, and RETURNING
// returns rows. Where the two differ, both follow the stricter one: a NULL can only be read into an optional,
// text with a NUL character is Invalid, "x" is an identifier, LIKE is case-sensitive, and the number of
// parameters must match.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/json/described.hpp"
#include "common/runtime/mutation.hpp"
#include "common/sql/listeners.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::sql {

enum class Dialect { sqlite, postgresql };

// A NULL of a known type, which PostgreSQL needs to prepare a statement.
struct NoNumber {};
struct NoText {};
using Parameter = std::variant<std::nullptr_t, NoNumber, NoText, std::int64_t, std::string_view>;

// The result rows of a running statement. A text is valid until the next call of next().
class Rows {
  public:
    virtual ~Rows() = default;
    virtual bool next() = 0;
    [[nodiscard]] virtual bool is_null(int column) = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) = 0;
    [[nodiscard]] virtual std::string_view text(int column) = 0;
    // The number of rows changed; valid once next() has returned false.
    [[nodiscard]] virtual std::int64_t changed() = 0;
};

// The rows of a statement that may still be running.
class PendingRows {
  public:
    virtual ~PendingRows() = default;
    // Waits for them. Throws like Tx::execute.
    [[nodiscard]] virtual std::unique_ptr<Rows> wait() = 0;
};

// A statement would have violated a unique constraint or primary key.
struct UniqueViolation : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// The statement or the data is at fault: a violated CHECK, a value that the program doesn't know. Retrying
// won't help.
struct StatementError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// The database is at fault: disk full, file corrupt, connection lost. The message says how to fix it.
struct DatabaseError : std::runtime_error {
    // `state`: what anybody may know about it, such as "is read-only"; empty: that it does not respond.
    explicit DatabaseError(const std::string& text, std::string_view state_of_database = {})
        : std::runtime_error(text), state(state_of_database) {}
    std::string state;
};

// ---- C++ values as parameters, columns as C++ values

inline Parameter parameter(std::nullptr_t) { return nullptr; }
inline Parameter parameter(bool value) { return std::int64_t{value}; }
template <std::integral T>
Parameter parameter(T value) {
    return static_cast<std::int64_t>(value);
}
inline Parameter parameter(std::string_view value) { return value; }
inline Parameter parameter(const std::string& value) { return std::string_view{value}; }
inline Parameter parameter(const char* value) { return std::string_view{value}; }
inline Parameter parameter(Instant value) { return value.milliseconds; }
inline Parameter parameter(Currency value) { return value.code(); }
template <class Kind>
Parameter parameter(const Id<Kind>& id) {
    return std::string_view{id.text};
}
template <std::size_t Min, std::size_t Max>
Parameter parameter(const json::Text<Min, Max>& text) {
    return std::string_view{text.value};
}
template <std::int64_t Min, std::int64_t Max, std::int64_t Default>
Parameter parameter(const json::Whole<Min, Max, Default>& whole) {
    return whole.value;
}
template <json::NamedEnum E>
Parameter parameter(E value) {
    return json::to_text(value);
}
template <class T>
Parameter parameter(const std::optional<T>& value) {
    if (value) return parameter(*value);
    if constexpr (std::convertible_to<const T&, std::int64_t> || std::same_as<T, Instant>)
        return NoNumber{};
    else
        return NoText{};
}

// Reads a T at `column` and advances `column` past it: a described struct takes one column per member, Money
// takes two (minor units, currency).
template <class T>
T read_column(Rows& rows, int& column) {
    if constexpr (std::same_as<T, bool>) {
        return rows.integer(column++) != 0;
    } else if constexpr (std::integral<T>) {
        return static_cast<T>(rows.integer(column++));
    } else if constexpr (std::same_as<T, std::string>) {
        return std::string{rows.text(column++)};
    } else if constexpr (std::same_as<T, Instant>) {
        return Instant{rows.integer(column++)};
    } else if constexpr (std::same_as<T, Currency>) {
        auto currency = Currency::parse(rows.text(column++));
        if (!currency) throw StatementError("unknown currency in the database");
        return *currency;
    } else if constexpr (std::same_as<T, Money>) {
        auto minor = rows.integer(column++);
        return Money{minor, read_column<Currency>(rows, column)};
    } else if constexpr (std::same_as<T, json::Amount>) {
        return {read_column<Money>(rows, column)};
    } else if constexpr (json::is_id<T>) {
        return T{std::string{rows.text(column++)}};
    } else if constexpr (json::NamedEnum<T>) {
        auto value = json::from_text<T>(rows.text(column++));
        if (!value) throw StatementError("unknown enum value in the database");
        return *value;
    } else if constexpr (json::is_a<std::optional, T>) {
        if (rows.is_null(column)) {
            ++column;
            return std::nullopt;
        }
        return read_column<typename T::value_type>(rows, column);
    } else {
        static_assert(json::Described<T>, "describe the row with BOOST_DESCRIBE_STRUCT");
        T row{};
        json::for_each_member(row, [&](auto, auto& member) {
            member = read_column<std::remove_cvref_t<decltype(member)>>(rows, column);
        });
        return row;
    }
}

template <class Row>
std::vector<Row> read_rows(Rows& rows) {
    std::vector<Row> result;
    while (rows.next()) {
        int column = 0;
        result.push_back(read_column<Row>(rows, column));
    }
    return result;
}

// The result of Tx::query_later().
template <class Row>
class LaterRows {
  public:
    explicit LaterRows(std::unique_ptr<PendingRows> pending) : pending_(std::move(pending)) {}
    explicit LaterRows(std::vector<Row> rows) : rows_(std::move(rows)) {}

    // Waits for all rows; to be called once, inside the transaction.
    [[nodiscard]] std::vector<Row> get() {
        if (pending_) rows_ = read_rows<Row>(*pending_->wait());
        return std::move(rows_);
    }

  private:
    std::unique_ptr<PendingRows> pending_;
    std::vector<Row> rows_;
};

// One transaction; valid only inside the function passed to Database::write or ::read. That function runs on
// a database thread and may run several times, so it must have no effects other than through `tx`.
class Tx {
  public:
    Tx(Instant now, std::string traceparent) : now_(now), traceparent_(std::move(traceparent)) {}
    virtual ~Tx() = default;
    Tx(const Tx&) = delete;
    Tx& operator=(const Tx&) = delete;

    struct Result {
        std::int64_t rows = 0;  // changed
    };

    // Like all functions here, throws UniqueViolation, StatementError or DatabaseError.
    template <class... A>
    Result execute(std::string_view statement, const A&... arguments) {
        auto rows = run(statement, arguments...);
        while (rows->next()) {
        }
        return {rows->changed()};
    }

    // For a statement whose result isn't needed: it may be sent to the server together with a later one,
    // which saves a round trip. Its error is thrown by that later statement or at the end of its nested()
    // part or transaction, and undoes that part or transaction.
    template <class... A>
    void send(std::string_view statement, const A&... arguments) {
        const std::array<Parameter, sizeof...(A)> parameters{parameter(arguments)...};
        send_with(statement, parameters);
    }
    void send_with(std::string_view statement, std::span<const Parameter> parameters) {
        send_statement(statement, parameters);
    }

    template <class Row, class... A>
    [[nodiscard]] std::vector<Row> query(std::string_view statement, const A&... arguments) {
        return read_rows<Row>(*run(statement, arguments...));
    }

    // Sends a query without waiting for its rows, so that several statements take one round trip. The query
    // takes effect in the order in which statements are sent.
    template <class Row, class... A>
    [[nodiscard]] LaterRows<Row> query_later(std::string_view statement, const A&... arguments) {
        const std::array<Parameter, sizeof...(A)> parameters{parameter(arguments)...};
        return query_later_with<Row>(statement, parameters);
    }

    // The first row, if any.
    template <class Row, class... A>
    [[nodiscard]] std::optional<Row> find(std::string_view statement, const A&... arguments) {
        auto all = query<Row>(statement, arguments...);
        if (all.empty()) return std::nullopt;
        return std::move(all.front());
    }

    // For statements whose number of parameters is only known at run time (a search with filters).
    template <class Row>
    [[nodiscard]] std::vector<Row> query_with(std::string_view statement,
                                              std::span<const Parameter> parameters) {
        return read_rows<Row>(*start(statement, parameters));
    }
    template <class Row>
    [[nodiscard]] LaterRows<Row> query_later_with(std::string_view statement,
                                                  std::span<const Parameter> parameters) {
        if (auto pending = start_later(statement, parameters)) return LaterRows<Row>{std::move(pending)};
        return LaterRows<Row>{query_with<Row>(statement, parameters)};
    }

    // For what the two databases have no common SQL for (full_text.hpp).
    [[nodiscard]] virtual Dialect dialect() const = 0;

    // When the transaction was requested: the same each time the function runs.
    [[nodiscard]] Instant now() const { return now_; }
    // The W3C trace context of its cause; may be empty. For an event handler it is the event's.
    [[nodiscard]] const std::string& traceparent() const { return traceparent_; }
    void set_traceparent(std::string text) { traceparent_ = std::move(text); }

    // Runs `action` on a database thread once the transaction is durable; never if it fails. `action` must
    // return quickly: it only wakes others.
    virtual void after_commit(std::function<void()> action) = 0;

    // Calls the listeners of `channel` (Database::listen) once the transaction is durable.
    void notify(std::string_view channel) {
        if (listeners_) after_commit([all = listeners_, name = std::string{channel}] { all->notify(name); });
    }
    // Passes a copy of `message` to those who listen for its type (Database::listen_for) once the transaction
    // is durable. Costs nothing if nobody does.
    template <class M>
    void notify_of(const M& message) {
        if (!listeners_ || !listeners_->has_for<M>()) return;
        if (runtime::mutated(Mutation::local_delivery_before_commit)) return listeners_->notify_of(message);
        after_commit([all = listeners_, message] { all->notify_of(message); });
    }

    // Runs `part` in a savepoint: if it throws, its changes are undone and the exception is rethrown.
    virtual void nested(const std::function<void()>& part) = 0;

  protected:
    [[nodiscard]] virtual std::unique_ptr<Rows> start(std::string_view statement,
                                                      std::span<const Parameter> parameters) = 0;
    // Null: the driver runs each statement at once.
    [[nodiscard]] virtual std::unique_ptr<PendingRows> start_later(
        std::string_view /*statement*/, std::span<const Parameter> /*parameters*/) {
        return nullptr;
    }
    virtual void send_statement(std::string_view statement, std::span<const Parameter> parameters) {
        auto rows = start(statement, parameters);
        while (rows->next()) {
        }
    }

  private:
    template <class... A>
    std::unique_ptr<Rows> run(std::string_view statement, const A&... arguments) {
        const std::array<Parameter, sizeof...(A)> parameters{parameter(arguments)...};
        return start(statement, parameters);
    }

    friend class Database;
    Instant now_;
    std::string traceparent_;
    const Listeners* listeners_ = nullptr;  // set by Database
};

}  // namespace stagedoor::sql
