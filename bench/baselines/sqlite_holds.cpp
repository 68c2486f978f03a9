// SQLite alone with the statements of a hold, on the same disk with the same durability: the upper limit of
// any server on top of it. One thread, prepared statements, WAL, synchronous=FULL; `--group` holds share a
// commit, each in its own savepoint, as in orders.
#include <fmt/format.h>
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

// The schema of orders, and the outbox as created by common/messaging.
constexpr char orders_schema[] = {
#embed "../../services/orders/store/migrations/0001_create_tickets_and_orders.sql"
    , 0};
constexpr const char* set_up = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL,
        entity_id TEXT NOT NULL, version BIGINT NOT NULL, time BIGINT NOT NULL, traceparent TEXT NOT NULL,
        data TEXT NOT NULL);
)";
constexpr const char* hot_listing = R"(
    INSERT INTO tickets(id, seller_id, title, price_minor, currency, max_per_order, status, version,
        capacity, stock_version)
        VALUES ('hot', 'seller', 'Hot', 2000, 'USD', 10, 'open', 1, 1000000000, 1);
)";

class Database {
  public:
    explicit Database(const std::string& file) {
        if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error{"can't open " + file};
    }
    ~Database() { sqlite3_close_v2(handle_); }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void run(const char* sql) { check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr)); }
    void check(int code) const {
        if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
            throw std::runtime_error{sqlite3_errmsg(handle_)};
        }
    }
    int changes() const { return sqlite3_changes(handle_); }
    sqlite3* handle() const { return handle_; }

  private:
    sqlite3* handle_ = nullptr;
};

class Statement {
  public:
    Statement(Database& database, const char* sql) : database_(database) {
        database_.check(
            sqlite3_prepare_v3(database_.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
    }
    ~Statement() { sqlite3_finalize(handle_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    // Executes the statement; returns the first column of the first row, or 0.
    template <class... Values>
    std::int64_t operator()(const Values&... values) {
        int at = 0;
        (bind(++at, values), ...);
        int code = sqlite3_step(handle_);
        database_.check(code);
        std::int64_t first = code == SQLITE_ROW ? sqlite3_column_int64(handle_, 0) : 0;
        database_.check(sqlite3_reset(handle_));
        return first;
    }

  private:
    void bind(int at, const std::string& text) {
        database_.check(
            sqlite3_bind_text(handle_, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
    }
    void bind(int at, std::int64_t number) { database_.check(sqlite3_bind_int64(handle_, at, number)); }

    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

std::int64_t now_ms() {
    auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

// Looks and sorts like a version 7 UUID: time first, then random bits, so that keys arrive almost sorted.
std::string fresh_id(std::mt19937_64& random, std::int64_t ms) {
    auto a = random();
    auto b = random();
    return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16, ms & 0xffff, a & 0xfff,
                       0x8000 | ((a >> 12) & 0x3fff), b & 0xffffffffffff);
}

class Holds {
  public:
    explicit Holds(Database& database) : database_(database) {}

    void place() {
        auto now = now_ms();
        auto order = fresh_id(random_, now);
        auto user = fmt::format("00000000-0000-7000-8000-{:012x}", random_() % 60);
        auto body = fmt::format(event_json, order, user);
        savepoint_();
        expired_(now);
        if (hold_(user, now); database_.changes() != 1) throw std::runtime_error{"sold out"};
        insert_order_(order, user, now + 900'000, now);
        insert_item_(order, now + 900'000);
        insert_event_(order, now, body);
        release_();
        ++placed_;
    }
    std::int64_t placed() const { return placed_; }

  private:
    // About the size of a real order.created.
    static constexpr const char* event_json =
        R"({{"id":"{}","userId":"{}","status":"created","expiresAt":"2030-01-01T00:15:00.000Z",)"
        R"("total":20.00,"currency":"USD","items":[{{"ticketId":"019a0000-0000-7000-8000-000000000000",)"
        R"("sellerId":"019a0000-0000-7000-8000-000000000001","title":"Hot","price":20.00,)"
        R"("quantity":1}}]}})";

    Database& database_;
    std::mt19937_64 random_{1};
    std::int64_t placed_ = 0;
    Statement savepoint_{database_, "SAVEPOINT hold"};
    Statement release_{database_, "RELEASE hold"};
    // The statements of store::place (services/orders/store), in the same order.
    Statement expired_{database_,
                       "SELECT order_id FROM order_items WHERE ticket_id = 'hot' AND held_until <= ?1"
                       " ORDER BY held_until LIMIT 100"};
    Statement hold_{database_,
                    "UPDATE tickets SET held = held + 1 WHERE id = 'hot' AND status = 'open'"
                    " AND held + sold + 1 <= capacity AND 1 <= max_per_order AND seller_id <> ?1"
                    " AND (starts_at IS NULL OR starts_at > ?2)"
                    " RETURNING seller_id, title, price_minor, currency, version"};
    Statement insert_order_{
        database_,
        "INSERT INTO orders(id, user_id, status, expires_at, total_minor, currency, version,"
        " created_at) VALUES (?1, ?2, 'created', ?3, 2000, 'USD', 1, ?4)"};
    Statement insert_item_{
        database_,
        "INSERT INTO order_items(order_id, ticket_id, seller_id, title, price_minor, currency,"
        " quantity, ticket_version, held_until)"
        " VALUES (?1, 'hot', 'seller', 'Hot', 2000, 'USD', 1, 1, ?2)"};
    Statement insert_event_{database_,
                            "INSERT INTO outbox (type, entity_id, version, time, traceparent, data)"
                            " VALUES ('order.created', ?1, 1, ?2, '', ?3)"};
};

struct Arguments {
    std::string data;
    double seconds = 5;
    int group = 64;
    std::string json_file;
};

struct Rate {
    std::int64_t holds = 0;
    double seconds = 0;
    double per_second() const { return static_cast<double>(holds) / seconds; }
};

Rate measure(Database& database, const Arguments& arguments) {
    Holds holds{database};
    Statement begin{database, "BEGIN IMMEDIATE"};
    Statement commit{database, "COMMIT"};
    auto start = Clock::now();
    auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    while (elapsed() < arguments.seconds) {
        begin();
        for (int i = 0; i < arguments.group; ++i) holds.place();
        commit();
    }
    Rate rate{holds.placed(), elapsed()};
    Statement held{database, "SELECT held FROM tickets"};
    Statement orders{database, "SELECT count(*) FROM orders"};
    if (held() != rate.holds || orders() != rate.holds)
        throw std::runtime_error{"held tickets and orders differ"};
    return rate;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Measures SQLite alone with the statements of a hold."};
    Arguments arguments;
    app.add_option("--data", arguments.data, "folder for the database, on the disk to measure")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--seconds", arguments.seconds, "measured time")
        ->check(CLI::Range(0.1, 600.0))
        ->capture_default_str();
    app.add_option("--group", arguments.group, "holds per commit")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--json", arguments.json_file, "also write the figures to this file");
    CLI11_PARSE(app, argc, argv);

    auto file = std::filesystem::path{arguments.data} / fmt::format("sqlite_holds_{}.db", arguments.group);
    try {
        for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + end);
        Database database{file.string()};
        database.run(set_up);
        database.run(orders_schema);
        database.run(hot_listing);
        auto rate = measure(database, arguments);
        fmt::print(
            "sqlite, {:>2} holds per commit: {:>7.0f} holds/s, {:>6.0f} commits/s ({} holds in {:.2f} s)\n",
            arguments.group, rate.per_second(), rate.per_second() / arguments.group, rate.holds,
            rate.seconds);
        if (!arguments.json_file.empty()) {
            std::ofstream{arguments.json_file}
                << fmt::format("{{\n\"group\": {},\n\"rate\": {:.1f},\n\"holds\": {}\n}}\n", arguments.group,
                               rate.per_second(), rate.holds);
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "FAILED: {}\n", error.what());
        return 1;
    }
}
