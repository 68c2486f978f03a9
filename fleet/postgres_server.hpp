// A private PostgreSQL server: a cluster in a folder of its own, on a free loopback port.
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

// What PostgreSQL's programs are started with in front, as it refuses to run as root: then they run as its own user, and
// end with us.
[[nodiscard]] std::vector<std::string> as_postgres_user();

// The newest of Debian's PostgreSQL programs, "initdb". Throws when none is installed.
[[nodiscard]] std::string postgres_program(const std::string& name);

class PostgresServer {
  public:
    // Makes the cluster when `folder` is not there yet; as root it may be among PostgreSQL's own files. `port` 0: a free one, kept from start to start.
    // `settings` go to its configuration, "deadlock_timeout = 100ms".
    explicit PostgresServer(std::filesystem::path folder, std::uint16_t port = 0,
                            const std::vector<std::string>& settings = {});
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // Starts it and waits until it answers. Throws, with its last words, when it doesn't within 30 s.
    void start();
    // Lets nobody in any more, ends every session and writes everything down.
    void stop();
    // SIGKILL to the server and all its sessions.
    void kill();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] Process& process() { return *process_; }

    // A database, and a role of the same name that owns it and is the only one to be let in; no effect when they are
    // there. The password is the same for all roles.
    void make_database(const std::string& name);
    [[nodiscard]] std::string url(const std::string& database) const;
    // The superuser's.
    [[nodiscard]] std::string admin_url(const std::string& database = "postgres") const;
    [[nodiscard]] std::uint16_t port() const { return port_; }

    // Runs SQL as the superuser and gives what psql prints, unaligned and without headers.
    std::string query(const std::string& statements, const std::string& database = "postgres") const;

  private:
    [[nodiscard]] bool answers() const;

    std::filesystem::path folder_;
    std::uint16_t port_;
    std::unique_ptr<Process> process_;
};

// One that runs in a temporary folder, with one database, and is gone with it: for tests.
struct TemporaryPostgres {
    explicit TemporaryPostgres(const std::string& database) {
        server.start();
        server.make_database(database);
    }

    runtime::TemporaryFolder folder;
    PostgresServer server{folder.path() / "postgres", 0, {"deadlock_timeout = 100ms"}};
};

}  // namespace stagedoor::fleet
