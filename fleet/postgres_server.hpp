// A private PostgreSQL server with a cluster in a folder of its own, on a free loopback port.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/temporary_folder.hpp"
#include "fleet/process.hpp"

namespace stagedoor::fleet {

// The command prefix that runs PostgreSQL's programs as the user postgres if we are root, since they refuse
// to run as root, and that ends them with us.
[[nodiscard]] std::vector<std::string> as_postgres_user();

// The path of a PostgreSQL program ("initdb") of the newest installed version on Debian. Throws if there is
// none.
[[nodiscard]] std::string postgres_program(const std::string& name);

class PostgresServer {
  public:
    // Creates the cluster if `folder` does not exist yet. As root, the cluster may be in /var/lib/postgresql
    // instead, if the user postgres can't reach `folder`. `port` 0: a free one, the same at every start.
    // `settings` are lines of its configuration, "deadlock_timeout = 100ms".
    explicit PostgresServer(std::filesystem::path folder, std::uint16_t port = 0,
                            const std::vector<std::string>& settings = {});
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // Starts it and waits until it accepts connections. Throws, with its log, if it does not within 30 s.
    void start();
    // Fast shutdown: ends every session and writes a checkpoint.
    void stop();
    // Sends SIGKILL to the server and all its sessions.
    void kill();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] Process& process() { return *process_; }

    // Creates a database and a role of the same name, which owns it and is the only one allowed to connect;
    // does nothing if they exist. All roles have the same password.
    void make_database(const std::string& name);
    [[nodiscard]] std::string url(const std::string& database) const;
    // By the unix socket in its folder, which costs less than TCP; by TCP if the socket's path is too long.
    [[nodiscard]] std::string local_url(const std::string& database) const;
    // For the superuser.
    [[nodiscard]] std::string admin_url(const std::string& database = "postgres") const;
    [[nodiscard]] std::uint16_t port() const { return port_; }

    // Runs SQL as the superuser and returns psql's output, unaligned and without headers.
    std::string query(const std::string& statements, const std::string& database = "postgres") const;

  private:
    [[nodiscard]] bool accepts_connections() const;
    [[nodiscard]] bool has_unix_socket() const;

    std::filesystem::path folder_;
    std::uint16_t port_;
    std::unique_ptr<Process> process_;
};

// For tests: a running server in a temporary folder, with one database.
struct TemporaryPostgres {
    explicit TemporaryPostgres(const std::string& database) {
        server.start();
        server.make_database(database);
    }

    runtime::TemporaryFolder folder;
    PostgresServer server{folder.path() / "postgres", 0, {"deadlock_timeout = 100ms"}};
};

}  // namespace stagedoor::fleet
