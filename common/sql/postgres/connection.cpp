#include "common/sql/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>

#include "common/sql/parameters.hpp"

namespace stagedoor::sql::postgres {
namespace {

// Object ids of built-in types in pg_type, which never change.
constexpr Oid boolean_type = 16, int8_type = 20, int2_type = 21, int4_type = 23, text_type = 25,
              numeric_type = 1700;
constexpr std::size_t max_statements = 256;
// SQLSTATEs.
constexpr std::string_view read_only_transaction = "25006", query_canceled = "57014";
// Normally the server enforces its own timeout. This much later, we give up on a server that doesn't respond
// at all.
constexpr std::chrono::seconds server_grace{3};

std::string first_line(std::string_view text) {
    auto line = std::string{text.substr(0, text.find('\n'))};
    if (auto reason = line.find("FATAL:"); reason != std::string::npos) return line.substr(reason + 8);
    if (auto reason = line.find(" failed: "); reason != std::string::npos) return line.substr(reason + 9);
    return line;
}

// libpq's own message about an unreadable URL would contain parts of it, so it is never shown.
void require_readable(const std::string& url) {
    char* error = nullptr;
    auto* parsed = PQconninfoParse(url.c_str(), &error);
    PQfreemem(error);
    if (!parsed) {
        throw DatabaseError(
            "DATABASE_URL can't be read; it looks like postgresql://user:password@host:5432/database");
    }
    PQconninfoFree(parsed);
    // Part of a password with an unescaped @ would be taken for the host name and be shown.
    auto authority = std::string_view{url}.substr(std::min(url.size(), url.find("//") + 2));
    authority = authority.substr(0, authority.find('/'));
    if (authority.find('@') != authority.rfind('@'))
        throw DatabaseError("DATABASE_URL can't be read: its password contains an @; write it as %40");
}

std::string address_of(pg_conn* handle) {
    auto part = [](const char* text) { return std::string{text ? text : ""}; };
    return fmt::format("{}:{}/{}", part(PQhost(handle)), part(PQport(handle)), part(PQdb(handle)));
}

Oid type_of(const Parameter& parameter) {
    return std::visit(
        []<class T>(const T&) -> Oid {
            if constexpr (std::same_as<T, std::int64_t> || std::same_as<T, NoNumber>) return int8_type;
            if constexpr (std::same_as<T, std::string_view> || std::same_as<T, NoText>) return text_type;
            return 0;
        },
        parameter);
}

// Whether a statement prepared with `types` can take `parameters`; an untyped null fits any type.
bool fits(const std::vector<unsigned>& types, std::span<const Parameter> parameters) {
    if (types.size() != parameters.size()) return false;
    for (std::size_t i = 0; i < types.size(); ++i) {
        auto type = type_of(parameters[i]);
        if (type != 0 && type != types[i]) return false;
    }
    return true;
}

// Parameters in libpq's form. Binary, so that texts need no copy.
struct BoundParameters {
    explicit BoundParameters(std::span<const Parameter> parameters) {
        numbers.reserve(parameters.size());
        for (const auto& each : parameters) {
            if (const auto* number = std::get_if<std::int64_t>(&each)) {
                numbers.push_back(std::byteswap(*number));
                add(reinterpret_cast<const char*>(&numbers.back()), sizeof *number);
            } else if (const auto* text = std::get_if<std::string_view>(&each)) {
                require_text(*text);
                add(text->data() ? text->data() : "", static_cast<int>(text->size()));
            } else {
                add(nullptr, 0);
            }
        }
    }
    void add(const char* value, int length) {
        values.push_back(value);
        lengths.push_back(length);
        formats.push_back(1);
    }

    static_assert(std::endian::native == std::endian::little);
    std::vector<std::int64_t> numbers;
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
};

std::string state_of(const pg_result* result) {
    const auto* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return code ? code : "";
}

std::string message_of(const pg_result* result) {
    const auto* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return message ? message : first_line(PQresultErrorMessage(result));
}

}  // namespace

void Connection::FreeResult::operator()(pg_result* result) const { PQclear(result); }
void Connection::Close::operator()(pg_conn* handle) const { PQfinish(handle); }

class Connection::ResultRows final : public Rows {
  public:
    ResultRows(Result result, std::string text) : result_(std::move(result)), text_(std::move(text)) {}

    bool next() override { return ++row_ < PQntuples(result_.get()); }
    bool is_null(int column) override { return PQgetisnull(result_.get(), row_, column) != 0; }

    std::int64_t integer(int column) override {
        if (is_null(column)) mismatch(column, "a whole number");
        auto digits = value(column);
        switch (PQftype(result_.get(), column)) {
            case boolean_type:
                return digits == "t" ? 1 : 0;
            case int8_type:
            case int4_type:
            case int2_type:
            case numeric_type: {  // e.g. sum() of BIGINTs
                std::int64_t number = 0;
                auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
                if (error == std::errc{} && end == digits.data() + digits.size()) return number;
                break;
            }
            default:
                break;
        }
        mismatch(column, "a whole number");
    }

    std::string_view text(int column) override {
        if (is_null(column)) mismatch(column, "a text");
        return value(column);
    }

    std::int64_t changed() override {
        std::string_view tag = PQcmdStatus(result_.get());
        if (!tag.starts_with("INSERT") && !tag.starts_with("UPDATE") && !tag.starts_with("DELETE")) return 0;
        std::string_view count = PQcmdTuples(result_.get());
        std::int64_t number = 0;
        std::from_chars(count.data(), count.data() + count.size(), number);
        return number;
    }

  private:
    [[nodiscard]] std::string_view value(int column) const {
        return {PQgetvalue(result_.get(), row_, column),
                static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
    }
    [[noreturn]] void mismatch(int column, std::string_view wanted) {
        throw StatementError(fmt::format("column {} is {}, not {}, in: {}", column + 1,
                                         is_null(column) ? "null" : "something else", wanted, text_));
    }

    Result result_;
    std::string text_;
    int row_ = -1;
};

// ---- the session

Connection::Connection(const PostgresOptions& options, const std::string& label, Access access)
    : access_(access),
      timeout_(options.statement_timeout + server_grace),
      statement_timeout_(options.statement_timeout) {
    require_readable(options.url);
    auto connect_seconds = std::to_string(
        std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count()));
    auto tcp_user_timeout = std::to_string(timeout_.count());
    std::array<std::pair<const char*, const char*>, 9> settings{{
        {"dbname", options.url.c_str()},
        {"application_name", label.c_str()},
        {"client_encoding", "UTF8"},
        {"connect_timeout", connect_seconds.c_str()},
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", tcp_user_timeout.c_str()},
        {nullptr, nullptr},
    }};
    std::array<const char*, settings.size()> names{}, values{};
    for (std::size_t i = 0; i < settings.size(); ++i) std::tie(names[i], values[i]) = settings[i];
    handle_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        throw ConnectionLost(
            fmt::format("can't reach the database at {}: {}; is it running? check DATABASE_URL",
                        address_of(handle_.get()), first_line(PQerrorMessage(handle_.get()))));
    }
    // Notices ("relation already exists, skipping") are not logged.
    PQsetNoticeProcessor(handle_.get(), [](void*, const char*) {}, nullptr);
    configure_session(options);
    if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1)
        throw_lost("no pipeline mode");
}

Connection::~Connection() = default;

void Connection::configure_session(const PostgresOptions& options) {
    auto set = fmt::format(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {};"
        "SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on;"
        "SET synchronous_commit = on;"  // durable before we respond, whatever the role's default
        // No statement runs long enough to be worth compiling, or starting other processes for.
        "SET jit = off; SET max_parallel_workers_per_gather = 0;",
        options.statement_timeout.count(), options.lock_timeout.count(), options.idle_timeout.count());
    if (!options.schema.empty()) set += fmt::format("SET search_path = \"{}\";", options.schema);
    // Writes find a few rows by an index, and each statement runs thousands of times: planning it anew would
    // cost more than running it. A plan made while a table is empty must not scan it once it has grown.
    if (access_ == Access::write)
        set += "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;";
    set += "SHOW transaction_read_only";
    Result result{PQexec(handle_.get(), set.c_str())};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) throw_lost(PQerrorMessage(handle_.get()));
    auto read_only = std::string_view{PQgetvalue(result.get(), 0, 0)} == "on";
    if (read_only && access_ == Access::write) throw ReadOnlyServer();
}

void Connection::throw_lost(std::string_view why) {
    alive_ = false;
    throw ConnectionLost(fmt::format("the connection to the database at {} is lost: {}",
                                     address_of(handle_.get()), first_line(why)));
}

// ---- statements

void Connection::forget(const Prepared& statement) {
    auto [begin, end] = by_text_.equal_range(statement.text);
    for (auto each = begin; each != end; ++each) {
        if (each->second->get() != &statement) continue;
        auto entry = each->second;
        by_text_.erase(each);
        statements_.erase(entry);
        return;
    }
}

void Connection::drop_least_recently_used() {
    auto oldest = statements_.back();
    forget(*oldest);
    require_sent(PQsendQueryParams(handle_.get(), ("DEALLOCATE " + oldest->name).c_str(), 0, nullptr, nullptr,
                                   nullptr, nullptr, 0));
    // If this fails or is skipped, the server merely keeps the statement until the session ends.
    sent_.push_back({.kind = Kind::statement, .owner = {}, .prepared = oldest, .ignore_result = true});
}

std::shared_ptr<Connection::Prepared> Connection::prepared(std::string_view statement,
                                                           std::span<const Parameter> parameters,
                                                           Owner owner) {
    auto [begin, end] = by_text_.equal_range(statement);
    for (auto each = begin; each != end; ++each) {
        auto entry = each->second;
        if (!fits((*entry)->types, parameters)) continue;
        statements_.splice(statements_.begin(), statements_, entry);
        return *entry;
    }
    if (statements_.size() >= max_statements) drop_least_recently_used();
    auto fresh = std::make_shared<Prepared>(std::string{statement}, "s" + std::to_string(++prepared_count_));
    for (const auto& each : parameters) fresh->types.push_back(type_of(each));
    require_sent(PQsendPrepare(handle_.get(), fresh->name.c_str(), fresh->text.c_str(),
                               static_cast<int>(fresh->types.size()), fresh->types.data()));
    sent_.push_back({.kind = Kind::prepare, .owner = owner, .prepared = fresh});
    statements_.push_front(fresh);
    by_text_.emplace(fresh->text, statements_.begin());
    return fresh;
}

void Connection::send(std::string_view statement, std::span<const Parameter> parameters, Owner owner,
                      RowsSlot rows) {
    if (!alive_) throw_lost("it was lost earlier");
    BoundParameters bound{parameters};
    auto to_run = prepared(statement, parameters, owner);
    require_sent(PQsendQueryPrepared(handle_.get(), to_run->name.c_str(),
                                     static_cast<int>(bound.values.size()), bound.values.data(),
                                     bound.lengths.data(), bound.formats.data(), 0));
    sent_.push_back({.kind = Kind::statement,
                     .owner = owner,
                     .prepared = std::move(to_run),
                     .ignore_result = false,
                     .rows = std::move(rows)});
}

// The server may stop a statement that has just ended: then an error arrives, and the end of a group of
// statements that were never sent. libpq drops both if they arrive before the next group. Otherwise BEGIN
// gets a result that is not its own, and so would every statement that follows.
void Connection::begin(std::string_view statement) {
    if (PQconsumeInput(handle_.get()) != 1 || PQisBusy(handle_.get()))
        throw_lost(PQerrorMessage(handle_.get()));
    send(statement);
    sent_.back().kind = Kind::begin;
}

Connection::Results Connection::wait() {
    if (!alive_) throw_lost("it was lost earlier");
    require_sent(PQpipelineSync(handle_.get()));
    sent_.push_back({.kind = Kind::sync, .owner = {}});
    flush();
    Results results;
    while (!sent_.empty()) {
        auto sent = std::move(sent_.front());
        sent_.pop_front();
        if (sent.kind == Kind::sync) {
            if (PQresultStatus(next_result().get()) != PGRES_PIPELINE_SYNC)
                throw_lost(PQerrorMessage(handle_.get()));
            continue;
        }
        while (auto result = next_result()) record(sent, std::move(result), results);
    }
    return results;
}

void Connection::record(const Sent& sent, Result result, Results& results) {
    auto status = PQresultStatus(result.get());
    if (sent.kind == Kind::begin && PQstatus(handle_.get()) == CONNECTION_OK &&
        std::string_view{PQcmdStatus(result.get())} != "BEGIN") {
        alive_ = false;
        throw StoppedTooLate("the server stopped a statement that had already ended");
    }
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        if (sent.kind == Kind::prepare || sent.ignore_result) return;
        results.command_tag = PQcmdStatus(result.get());
        auto rows = std::make_unique<ResultRows>(std::move(result), sent.prepared->text);
        (sent.rows ? *sent.rows : results.last) = std::move(rows);
        return;
    }
    if (sent.kind == Kind::prepare) forget(*sent.prepared);
    auto state = state_of(result.get());
    was_read_only_ |= access_ == Access::write && state == read_only_transaction;
    if (status == PGRES_PIPELINE_ABORTED || sent.ignore_result) return;
    auto error = error_of(state, message_of(result.get()), sent.prepared->text, access_ == Access::read);
    if (PQstatus(handle_.get()) != CONNECTION_OK) throw_lost(message_of(result.get()));
    if (!results.failure) results.failure = Failure{std::move(error), sent.owner, state == query_canceled};
}

std::unique_ptr<Rows> Connection::execute(std::string_view statement, std::span<const Parameter> parameters) {
    send(statement, parameters);
    auto results = wait();
    if (results.failure) std::rethrow_exception(std::move(results.failure->error));
    return std::move(results.last);
}

void Connection::run_script(std::string_view statements) {
    auto earlier = wait();
    if (earlier.failure) std::rethrow_exception(std::move(earlier.failure->error));
    if (PQexitPipelineMode(handle_.get()) != 1) throw_lost(PQerrorMessage(handle_.get()));
    PQsetnonblocking(handle_.get(), 0);
    std::string script{statements};
    Result result{PQexec(handle_.get(), script.c_str())};
    auto status = PQresultStatus(result.get());
    if (PQstatus(handle_.get()) != CONNECTION_OK) throw_lost(PQerrorMessage(handle_.get()));
    if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1)
        throw_lost("no pipeline mode");
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return;
    std::rethrow_exception(error_of(state_of(result.get()), message_of(result.get()), statements, false));
}

void Connection::set_statement_timeout(std::chrono::milliseconds timeout) {
    if (timeout == statement_timeout_) return;
    (void)execute("SET statement_timeout = " + std::to_string(timeout.count()));
    statement_timeout_ = timeout;
}

// ---- bytes

void Connection::require_sent(int sent) {
    if (sent != 1) throw_lost(PQerrorMessage(handle_.get()));
}

void Connection::flush() {
    for (;;) {
        auto left = PQflush(handle_.get());
        if (left == 0) return;
        if (left < 0) throw_lost(PQerrorMessage(handle_.get()));
        wait_for_socket(true);
    }
}

// Waits until the socket is readable or, if `to_write`, writable.
void Connection::wait_for_socket(bool to_write) {
    pollfd socket{PQsocket(handle_.get()), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
    auto deadline = std::chrono::steady_clock::now() + timeout_;
    int ready = 0;
    do {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        ready = ::poll(&socket, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) throw_lost("the server does not respond");
    if ((socket.revents & (POLLIN | POLLERR | POLLHUP)) && PQconsumeInput(handle_.get()) != 1)
        throw_lost(PQerrorMessage(handle_.get()));
}

Connection::Result Connection::next_result() {
    while (PQisBusy(handle_.get())) wait_for_socket(false);
    return Result{PQgetResult(handle_.get())};
}

}  // namespace stagedoor::sql::postgres
