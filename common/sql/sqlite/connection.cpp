#include "common/sql/sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "common/sql/parameters.hpp"
#include "common/sql/sqlite/dialect.hpp"

namespace stagedoor::sql::sqlite {
namespace {

constexpr int busy_timeout_ms = 5'000;
constexpr int cache_kib = 8'000, large_cache_kib = 64'000;
constexpr int cache_pages = cache_kib / 4;
constexpr int checkpoint_timeout_ms = 100;  // the writer is blocked meanwhile
// How often a running read looks at the clock: some ten microseconds of work.
constexpr int instructions_per_check = 1'000;

bool is_read_only(int code, int system_error) {
    return (code & 0xFF) == SQLITE_READONLY || ((code & 0xFF) == SQLITE_IOERR && system_error == EROFS);
}

// What anybody may know about it.
std::string_view state_after(int code, int system_error) {
    if (is_read_only(code, system_error)) return "is read-only";
    if ((code & 0xFF) == SQLITE_FULL) return "has no space left";
    return "can't be read or written";
}

// What is wrong with the file and how to fix it; empty if the error isn't the file's.
std::string storage_failure(int code, std::string_view path, int system_error) {
    if (is_read_only(code, system_error)) {
        return fmt::format(
            "{}: the file is read-only; make its file system writable, and give the program's user write "
            "permission for the file and its folder",
            path);
    }
    switch (code & 0xFF) {
        case SQLITE_FULL:
            return fmt::format("{}: the disk is full; free some space, then writes work again", path);
        case SQLITE_IOERR:
            return fmt::format(
                "{}: reading or writing failed ({}); check the disk, then writes work again", path,
                system_error ? std::strerror(system_error) : fmt::format("I/O error {}", code));
        case SQLITE_CORRUPT:
            return fmt::format("{}: the file is damaged; stop the program and restore it from a backup",
                               path);
        case SQLITE_NOTADB:
            return fmt::format("{}: this is not a SQLite database; move it away or restore it from a backup",
                               path);
        case SQLITE_PERM:
            return fmt::format(
                "{}: the file is read-only; give the program's user write permission for it and its folder",
                path);
        case SQLITE_CANTOPEN:
            return fmt::format("{}: can't be opened ({}); check the folder and its permissions", path,
                               system_error ? std::strerror(system_error) : "unknown reason");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return fmt::format("{}: another program is using the file; stop it", path);
        case SQLITE_NOMEM:
            return fmt::format("{}: out of memory", path);
        default:
            return {};
    }
}

void disable_memory_statistics() {
    // They take a lock shared by all connections of the program at every allocation.
    static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(once);
}

}  // namespace

void Prepared::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

std::list<Prepared> PreparedStatements::take(std::string_view text) {
    std::list<Prepared> one;
    if (auto found = by_text_.find(text); found != by_text_.end()) {
        one.splice(one.begin(), entries_, found->second);
        by_text_.erase(found);
    }
    return one;
}

void PreparedStatements::put_back(std::list<Prepared> one) {
    auto entry = one.begin();
    if (by_text_.contains(entry->text)) return;  // it ran nested: keep only one
    entries_.splice(entries_.begin(), one);
    by_text_.emplace(entry->text, entry);
    if (entries_.size() > max_statements) {
        by_text_.erase(entries_.back().text);
        entries_.pop_back();
    }
}

void PreparedStatements::clear() {
    by_text_.clear();
    entries_.clear();
}

class Connection::StatementRows final : public Rows {
  public:
    StatementRows(Connection& connection, std::list<Prepared> statement)
        : connection_(connection),
          statement_(std::move(statement)),
          handle_(statement_.front().handle.get()) {}
    ~StatementRows() override {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
        connection_.statements_.put_back(std::move(statement_));
    }

    bool next() override {
        auto changes_before = sqlite3_total_changes64(connection_.handle_);
        auto code = sqlite3_step(handle_);
        if (code == SQLITE_ROW) {
            changed_any_ |= sqlite3_total_changes64(connection_.handle_) != changes_before;
            return true;
        }
        if (code != SQLITE_DONE) connection_.fail(code, statement_.front().text);
        changed_any_ |= sqlite3_total_changes64(connection_.handle_) != changes_before;
        // sqlite3_changes64 counts for the last statement that changed rows, which may be an earlier one.
        changed_ = changed_any_ ? sqlite3_changes64(connection_.handle_) : 0;
        return false;
    }

    bool is_null(int column) override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

    std::int64_t integer(int column) override {
        // Strict, as on PostgreSQL: SQLite would convert a text to 0.
        if (sqlite3_column_type(handle_, column) != SQLITE_INTEGER) mismatch(column, "a whole number");
        return sqlite3_column_int64(handle_, column);
    }

    std::string_view text(int column) override {
        if (is_null(column)) mismatch(column, "a text");
        const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
        return {start, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
    }

    std::int64_t changed() override { return changed_; }

  private:
    [[noreturn]] void mismatch(int column, std::string_view wanted) {
        throw StatementError(fmt::format("column {} is {}, not {}, in: {}", column + 1,
                                         is_null(column) ? "null" : "something else", wanted,
                                         statement_.front().text));
    }

    Connection& connection_;
    std::list<Prepared> statement_;
    sqlite3_stmt* handle_;
    bool changed_any_ = false;
    std::int64_t changed_ = 0;
};

Connection::Connection(std::string path, Access access) : path_(std::move(path)), access_(access) {
    disable_memory_statistics();
    try {
        open();
        configure();
    } catch (...) {
        statements_.clear();
        sqlite3_close_v2(handle_);
        throw;
    }
}

Connection::~Connection() {
    statements_.clear();
    sqlite3_close_v2(handle_);
}

void Connection::open() {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (access_ == Access::write) flags |= SQLITE_OPEN_CREATE;
    require_ok(sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr), "open");
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    // As on PostgreSQL, "x" is always an identifier, never a string.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    // Triggers write to full-text indexes (full_text.hpp), which are virtual tables.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, access_ == Access::write ? 1 : 0, nullptr);
}

void Connection::configure() {
    if (access_ == Access::write) {
        execute("PRAGMA journal_mode = WAL");
        execute("PRAGMA synchronous = FULL");
        execute(fmt::format("PRAGMA cache_size = -{}", cache_kib));
        execute("PRAGMA journal_size_limit = 67108864");  // truncates the log to 64 MiB after a burst
        // Replaces SQLite's automatic checkpoints, which would delay a commit: the writer decides when to
        // make one.
        sqlite3_wal_hook(
            handle_,
            [](void* self, sqlite3*, const char*, int pages) {
                auto& connection = *static_cast<Connection*>(self);
                connection.outgrew_cache_ |= pages - connection.wal_pages_ > cache_pages;
                connection.wal_pages_ = pages;
                connection.written_ = true;
                return SQLITE_OK;
            },
            this);
    } else {
        execute("PRAGMA query_only = ON");
        execute("PRAGMA cache_size = -4000");
        execute("PRAGMA mmap_size = 1073741824");  // pages that the system has cached needn't be copied
        sqlite3_progress_handler(
            handle_, instructions_per_check,
            [](void* self) {
                const auto* limit = static_cast<Connection*>(self)->limit_;
                return limit && limit->is_over() ? 1 : 0;
            },
            this);
    }
    execute("PRAGMA foreign_keys = ON");
    execute("PRAGMA temp_store = MEMORY");
    execute("PRAGMA case_sensitive_like = ON");     // as on PostgreSQL
    execute("SELECT count(*) FROM sqlite_schema");  // detects a damaged file now rather than later
}

std::unique_ptr<Rows> Connection::start(std::string_view statement, std::span<const Parameter> parameters) {
    auto one = prepared(statement);
    if (static_cast<std::size_t>(one.front().parameters) != parameters.size()) {
        throw StatementError(fmt::format("got {} parameters, expected {}, in: {}", parameters.size(),
                                         one.front().parameters, statement));
    }
    bind(one.front().handle.get(), parameters);
    return std::make_unique<StatementRows>(*this, std::move(one));
}

void Connection::execute(std::string_view statement) {
    auto rows = start(statement, {});
    while (rows->next()) {
    }
}

void Connection::run_script(std::string_view statements) {
    auto script = to_sqlite(statements);
    const char* rest = script.c_str();
    while (*rest) {
        sqlite3_stmt* handle = nullptr;
        require_ok(sqlite3_prepare_v2(handle_, rest, -1, &handle, &rest), rest);
        std::unique_ptr<sqlite3_stmt, Prepared::Finalize> statement{handle};
        if (!statement) continue;  // only white space or a comment
        int code = SQLITE_ROW;
        while (code == SQLITE_ROW) code = sqlite3_step(handle);
        if (code != SQLITE_DONE) fail(code, sqlite3_sql(handle));
    }
}

void Connection::enlarge_cache_if_outgrown() {
    if (!outgrew_cache_ || std::exchange(has_large_cache_, true)) return;
    execute(fmt::format("PRAGMA cache_size = -{}", large_cache_kib));
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Connection::roll_back() noexcept {
    if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::checkpoint(Checkpoint kind) {
    int mode = kind == Checkpoint::passive   ? SQLITE_CHECKPOINT_PASSIVE
               : kind == Checkpoint::restart ? SQLITE_CHECKPOINT_RESTART
                                             : SQLITE_CHECKPOINT_TRUNCATE;
    sqlite3_busy_timeout(handle_, checkpoint_timeout_ms);
    auto code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    if ((code & 0xFF) == SQLITE_BUSY)
        return;  // a reader has an old snapshot; the next checkpoint gets further
    require_ok(code, "checkpoint");
    if (kind != Checkpoint::passive) wal_pages_ = 0;
}

std::list<Prepared> Connection::prepared(std::string_view statement) {
    auto one = statements_.take(statement);
    if (!one.empty()) return one;
    auto text = to_sqlite(statement);
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    auto size = static_cast<int>(text.size()) + 1;  // with the final NUL, which saves SQLite a copy
    require_ok(sqlite3_prepare_v3(handle_, text.c_str(), size, SQLITE_PREPARE_PERSISTENT, &handle, &rest),
               statement);
    Prepared fresh{std::string{statement}, {}, handle ? sqlite3_bind_parameter_count(handle) : 0};
    fresh.handle.reset(handle);
    if (!handle || std::string_view{rest}.find_first_not_of("; \t\r\n") != std::string_view::npos) {
        throw StatementError(fmt::format("expected one statement: {}", statement));
    }
    one.push_back(std::move(fresh));
    return one;
}

void Connection::bind(sqlite3_stmt* handle, std::span<const Parameter> parameters) {
    int position = 0;
    for (const auto& parameter : parameters) {
        ++position;
        int code = SQLITE_OK;
        if (const auto* number = std::get_if<std::int64_t>(&parameter)) {
            code = sqlite3_bind_int64(handle, position, *number);
        } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
            require_text(*text);
            const auto* start =
                text->data() ? text->data() : "";  // SQLite would take a null pointer for NULL
            code = sqlite3_bind_text64(handle, position, start, text->size(), SQLITE_STATIC, SQLITE_UTF8);
        } else {
            code = sqlite3_bind_null(handle, position);
        }
        require_ok(code, "bind");
    }
}

void Connection::require_ok(int code, std::string_view statement) {
    if (code != SQLITE_OK) fail(code, statement);
}

void Connection::fail(int code, std::string_view statement) {
    if ((code & 0xFF) == SQLITE_INTERRUPT && limit_) limit_->exceed();
    std::string reason = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        throw UniqueViolation(reason);
    if (access_ == Access::read && (code & 0xFF) == SQLITE_READONLY) {
        throw StatementError(fmt::format("a read must not write: {}", statement));
    }
    auto system_error = handle_ ? sqlite3_system_errno(handle_) : 0;
    auto failure = storage_failure(code, path_, system_error);
    if (failure.empty()) throw StatementError(fmt::format("{}, in: {}", reason, statement));
    failure_ = failure;
    was_read_only_ |= is_read_only(code, system_error);
    throw StorageFailure(failure, state_after(code, system_error));
}

}  // namespace stagedoor::sql::sqlite
