#include "testing/databases/databases.hpp"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <map>
#include <stdexcept>

#include "fleet/polling.hpp"

namespace stagedoor::testing {
namespace {

using namespace std::chrono_literals;

using Connection = std::unique_ptr<sqlite3, decltype([](sqlite3* each) { sqlite3_close(each); })>;
using Statement = std::unique_ptr<sqlite3_stmt, decltype([](sqlite3_stmt* each) { sqlite3_finalize(each); })>;

class SqliteFiles final : public Databases {
  public:
    explicit SqliteFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::vector<Row> query(const std::string& service, const std::string& text) override {
        auto* connection = open(service);
        sqlite3_stmt* handle = nullptr;
        auto code = sqlite3_prepare_v2(connection, text.c_str(), -1, &handle, nullptr);
        Statement statement{handle};
        std::vector<Row> rows;
        while (code == SQLITE_OK || code == SQLITE_ROW) {
            code = sqlite3_step(handle);
            if (code == SQLITE_ROW) rows.push_back(row(handle));
        }
        if (code != SQLITE_DONE)
            throw std::runtime_error(service + ": " + sqlite3_errmsg(connection) + " in: " + text);
        return rows;
    }

  private:
    sqlite3* open(const std::string& service) {
        auto& connection = connections_[service];
        if (connection) return connection.get();
        sqlite3* handle = nullptr;
        auto path = (folder_ / (service + ".db")).string();
        auto code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
        connection.reset(handle);
        if (code != SQLITE_OK) throw std::runtime_error(path + ": " + sqlite3_errstr(code));
        sqlite3_busy_timeout(handle, 10'000);
        return handle;
    }

    static Row row(sqlite3_stmt* statement) {
        Row row;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
            row.push_back(text ? std::optional<std::string>{text} : std::nullopt);
        }
        return row;
    }

    std::filesystem::path folder_;
    std::map<std::string, Connection> connections_;
};

class PostgresDatabases final : public Databases {
  public:
    explicit PostgresDatabases(const fleet::PostgresServer& server) : server_(server) {}

    std::vector<Row> query(const std::string& service, const std::string& text) override {
        auto result = run(service, text);
        std::vector<Row> rows;
        for (int i = 0; i < PQntuples(result.get()); ++i) {
            auto& row = rows.emplace_back();
            for (int k = 0; k < PQnfields(result.get()); ++k) {
                if (PQgetisnull(result.get(), i, k))
                    row.emplace_back();
                else
                    row.emplace_back(PQgetvalue(result.get(), i, k));
            }
        }
        return rows;
    }

  private:
    using PostgresConnection = std::unique_ptr<PGconn, decltype([](PGconn* each) { PQfinish(each); })>;
    using Result = std::unique_ptr<PGresult, decltype([](PGresult* each) { PQclear(each); })>;

    // Reconnects and retries for up to 20 s, as the server may have been restarted or still be starting.
    Result run(const std::string& service, const std::string& text) {
        auto deadline = std::chrono::steady_clock::now() + 20s;
        for (;;) {
            auto* connection = open(service);
            Result result{PQexec(connection, text.c_str())};
            if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) return result;
            auto is_lost = PQstatus(connection) != CONNECTION_OK;
            if (!is_lost || std::chrono::steady_clock::now() >= deadline)
                throw std::runtime_error(service + ": " + PQerrorMessage(connection) + " in: " + text);
            connections_.erase(service);
            std::this_thread::sleep_for(20ms);
        }
    }

    // The test provider's tables are in a schema of the payments database.
    PGconn* open(const std::string& service) {
        auto& connection = connections_[service];
        if (connection) return connection.get();
        auto is_provider = service == "test-provider";
        connection.reset(PQconnectdb(server_.admin_url(is_provider ? "payments" : service).c_str()));
        if (is_provider) Result{PQexec(connection.get(), "SET search_path = test_provider")};
        return connection.get();
    }

    const fleet::PostgresServer& server_;
    std::map<std::string, PostgresConnection> connections_;
};

}  // namespace

std::int64_t Databases::number(const std::string& service, const std::string& statement) {
    auto rows = query(service, statement);
    return rows.empty() || !rows[0].at(0) ? 0 : std::stoll(*rows[0][0]);
}

std::unique_ptr<Databases> open_sqlite_files(const std::filesystem::path& folder) {
    return std::make_unique<SqliteFiles>(folder);
}

std::unique_ptr<Databases> open_postgres_databases(const fleet::PostgresServer& server) {
    return std::make_unique<PostgresDatabases>(server);
}

}  // namespace stagedoor::testing
