// A whole marketplace under test, in any shape: can be started, killed, restarted on the same data and port,
// and stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {

class Marketplace {
  public:
    virtual ~Marketplace() = default;

    // Starts every process; does not wait.
    virtual void launch() = 0;
    // Waits until GET /readyz succeeds and returns the time since launch(). Throws, with the programs'
    // output, after `timeout` or when one of them dies.
    virtual std::chrono::milliseconds await_ready(std::chrono::milliseconds timeout = std::chrono::seconds{
                                                      20}) = 0;
    // SIGKILL to every process.
    virtual void kill() = 0;
    // SIGTERM to every process; returns the worst exit code. Throws if one has not exited after `timeout`.
    virtual int stop(std::chrono::milliseconds timeout = std::chrono::seconds{20}) = 0;

    [[nodiscard]] virtual std::string base_url() const = 0;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    // The port of one of its own HTTP servers, behind the gateway if there is one.
    [[nodiscard]] virtual std::uint16_t server_port() = 0;
    // Whether that server speaks TLS, to the gateway and the other services only.
    [[nodiscard]] virtual bool is_encrypted_inside() const { return false; }
    // The admin port of that server's program.
    [[nodiscard]] virtual std::uint16_t admin_port() = 0;
    [[nodiscard]] virtual std::unique_ptr<Databases> databases() = 0;
    // What all programs of this run have logged.
    [[nodiscard]] virtual std::string log() = 0;
    // Lines in the logs of this run that report an error.
    [[nodiscard]] virtual std::vector<std::string> logged_errors() = 0;
    [[nodiscard]] virtual long resident_kib() = 0;
    // The emails sent to an address, as sent (RFC 5322), in no particular order.
    [[nodiscard]] virtual std::vector<std::string> mails_to(const std::string& address) = 0;

    std::chrono::milliseconds start() {
        launch();
        return await_ready();
    }
};

struct Shape {
    Variables environment = {};
    std::string data = {};  // folder; empty: a temporary one
};

// In the shape that STAGEDOOR_SHAPE names: `one-process` (the default), `distributed` or `nodes`.
[[nodiscard]] std::unique_ptr<Marketplace> make_marketplace(Shape shape);
[[nodiscard]] bool is_one_process();
// Whether to leave out what nodes and a process per service have in common. The long form leaves out nothing.
[[nodiscard]] bool is_short_run_on_nodes();

// `stagedoor serve`: all services in one program, a SQLite file each.
[[nodiscard]] std::unique_ptr<Marketplace> make_one_process(Shape shape);

// Two replicas of every service's program, a PostgreSQL database per service, NATS JetStream and nginx; with
// TLS between them if STAGEDOOR_TLS is set. kill() kills all of these, stop() stops only the services.
[[nodiscard]] std::unique_ptr<Marketplace> make_distributed(Shape shape);
// The same with two nodes, each with all services.
[[nodiscard]] std::unique_ptr<Marketplace> make_nodes(Shape shape);

// For the implementations of logged_errors() and mails_to().
[[nodiscard]] std::vector<std::string> errors_in(const std::string& log);
[[nodiscard]] std::vector<std::string> mails_in(const std::filesystem::path& folder,
                                                const std::string& address);

}  // namespace stagedoor::testing
