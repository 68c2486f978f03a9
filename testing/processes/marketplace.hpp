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
    [[nodiscard]] virtual std::unique_ptr<Databases> databases() = 0;
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

// In the shape that STAGEDOOR_SHAPE names: `one-process` (the default) or `distributed`.
[[nodiscard]] std::unique_ptr<Marketplace> make_marketplace(Shape shape);
[[nodiscard]] bool is_distributed();

// `stagedoor serve`: all services in one program, a SQLite file each.
[[nodiscard]] std::unique_ptr<Marketplace> make_one_process(Shape shape);

// Two replicas of every service's program, a PostgreSQL database per service, NATS JetStream and nginx.
// kill() kills all of these, stop() stops only the services.
[[nodiscard]] std::unique_ptr<Marketplace> make_distributed(Shape shape);

// For the implementations of logged_errors() and mails_to().
[[nodiscard]] std::vector<std::string> errors_in(const std::string& log);
[[nodiscard]] std::vector<std::string> mails_in(const std::filesystem::path& folder,
                                                const std::string& address);

}  // namespace stagedoor::testing
