// Statements, inside a transaction. SQL is written once for SQLite and PostgreSQL: parameters are $1, $2 …;
// times are BIGINT milliseconds, flags BIGINT 0/1, ids and JSON TEXT; upserts by ON CONFLICT, RETURNING where
// a row comes back. Both databases are held to the stricter one: a NULL is read only into an optional, a text
// with a NUL character is Invalid, "x" is a name, LIKE tells capitals apart, and the parameters given are
// those named.
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
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::sql {

// What is absent has a type nevertheless: PostgreSQL asks for it.
struct NoNumber {};
struct NoText {};
using Parameter = std::variant<std::nullptr_t, NoNumber, NoText, std::int64_t, std::string_view>;

// The rows of one statement under way. Texts are valid until the next next().
class Rows {
  public:
    virtual ~Rows() = default;
    virtual bool next() = 0;
    [[nodiscard]] virtual bool is_null(int column) = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) = 0;
    [[nodiscard]] virtual std::string_view text(int column) = 0;
    // Rows changed; to be asked after the last next().
    [[nodiscard]] virtual std::int64_t changed() = 0;
};

// The database refused a statement because a unique constraint or primary key would be broken.
struct UniqueViolation : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// The fault of the statement or of what it met: a broken CHECK, a value that the program doesn't know. Trying again
// won't help.
struct StatementError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// The database can't do its work: disk full, file corrupt, connection lost. The text says what and how to
// mend it.
struct DatabaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// ---- from C++ values to parameters and from columns to C++ values

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

// Reads a T at `column` and moves on past the columns it takes: one for each member of a described struct,
// two for Money (minor units, currency).
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
        if (!currency) throw StatementError("a stored currency is unknown");
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
        if (!value) throw StatementError("a stored name is unknown");
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

// One transaction, used inside the function given to Database::write or ::read and never kept. That function
// runs on a thread of the database and may run again, so it has no effect but through `tx`.
class Tx {
  public:
    Tx(Instant now, std::string traceparent) : now_(now), traceparent_(std::move(traceparent)) {}
    virtual ~Tx() = default;
    Tx(const Tx&) = delete;
    Tx& operator=(const Tx&) = delete;

    struct Result {
        std::int64_t rows = 0;  // changed
    };

    // Throws UniqueViolation, StatementError or DatabaseError, like all of these.
    template <class... A>
    Result execute(std::string_view statement, const A&... arguments) {
        auto rows = run(statement, arguments...);
        while (rows->next()) {
        }
        return {rows->changed()};
    }

    // For a statement whose outcome nobody looks at: it may travel with the next one that waits. What is wrong
    // with it surfaces there, or at the end of the transaction or nested() part that it belongs to, and undoes
    // that.
    template <class... A>
    void send(std::string_view statement, const A&... arguments) {
        const std::array<Parameter, sizeof...(A)> parameters{parameter(arguments)...};
        send_on(statement, parameters);
    }

    template <class Row, class... A>
    [[nodiscard]] std::vector<Row> query(std::string_view statement, const A&... arguments) {
        std::vector<Row> result;
        auto rows = run(statement, arguments...);
        while (rows->next()) {
            int column = 0;
            result.push_back(read_column<Row>(*rows, column));
        }
        return result;
    }

    // The first row, if there is one.
    template <class Row, class... A>
    [[nodiscard]] std::optional<Row> find(std::string_view statement, const A&... arguments) {
        auto all = query<Row>(statement, arguments...);
        if (all.empty()) return std::nullopt;
        return std::move(all.front());
    }

    // For statements whose parameters are only known at run time (a search with filters).
    template <class Row>
    [[nodiscard]] std::vector<Row> query_with(std::string_view statement,
                                              std::span<const Parameter> parameters) {
        std::vector<Row> result;
        auto rows = start(statement, parameters);
        while (rows->next()) {
            int column = 0;
            result.push_back(read_column<Row>(*rows, column));
        }
        return result;
    }

    // When the transaction was asked for: the same however often the function runs.
    [[nodiscard]] Instant now() const { return now_; }
    // The W3C trace context of what caused it; may be empty. A listener's is its event's.
    [[nodiscard]] const std::string& traceparent() const { return traceparent_; }
    void set_traceparent(std::string text) { traceparent_ = std::move(text); }

    // Runs `action` once the transaction is durable, on a database thread: it must be short and only wake
    // others. Forgotten when the transaction fails.
    virtual void after_commit(std::function<void()> action) = 0;

    // Tells those who listen to `channel` (Database::listen) once the transaction is durable.
    void notify(std::string_view channel) {
        if (notified_) after_commit([to = notified_, name = std::string{channel}] { (*to)(name); });
    }

    // Runs `part` in a savepoint: when it throws, what it did is undone, and the exception goes on.
    virtual void nested(const std::function<void()>& part) = 0;

  protected:
    [[nodiscard]] virtual std::unique_ptr<Rows> start(std::string_view statement,
                                                      std::span<const Parameter> parameters) = 0;
    virtual void send_on(std::string_view statement, std::span<const Parameter> parameters) {
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
    const std::function<void(const std::string&)>* notified_ = nullptr;  // set by the database that runs it
};

}  // namespace stagedoor::sql
