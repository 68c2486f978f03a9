// A whole marketplace under test, whatever its shape: started, killed, restarted on the same data and port,
// stopped.
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
    // Waits until GET /readyz is green, and gives how long that took since launch(). Throws, with the
    // programs' last words, when one of them dies or `limit` is over.
    virtual std::chrono::milliseconds await_ready(std::chrono::milliseconds limit = std::chrono::seconds{
                                                      20}) = 0;
    // SIGKILL to every process.
    virtual void kill() = 0;
    // SIGTERM to every process; gives the worst exit code, and throws when one has not ended after `limit`.
    virtual int stop(std::chrono::milliseconds limit = std::chrono::seconds{20}) = 0;

    [[nodiscard]] virtual std::string base_url() const = 0;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    // Where one of its own HTTP servers is, behind whatever gateway there is.
    [[nodiscard]] virtual std::uint16_t server_port() = 0;
    [[nodiscard]] virtual std::unique_ptr<Databases> databases() = 0;
    // Lines of the present run's logs that tell of something that should not be.
    [[nodiscard]] virtual std::vector<std::string> logged_errors() = 0;
    [[nodiscard]] virtual long resident_kib() = 0;
    // The mails that have gone to an address, as they went (RFC 5322), in no order.
    [[nodiscard]] virtual std::vector<std::string> mails_to(const std::string& address) = 0;

    std::chrono::milliseconds start() {
        launch();
        return await_ready();
    }
};

struct Shape {
    Variables environment = {};
    std::string data = {};  // folder; empty: one of its own
};

// The shape that STAGEDOOR_SHAPE names: `one-process` (also when it names none) or `distributed`.
[[nodiscard]] std::unique_ptr<Marketplace> make_marketplace(Shape shape);

// `stagedoor serve`: all services in one program, a SQLite file each.
[[nodiscard]] std::unique_ptr<Marketplace> make_one_process(Shape shape);

// Two copies of every service's own program, a PostgreSQL database each, NATS JetStream and nginx. All of these are
// killed together; only the services are stopped.
[[nodiscard]] std::unique_ptr<Marketplace> make_distributed(Shape shape);

// What every shape's logs and mails are looked at with.
[[nodiscard]] std::vector<std::string> errors_in(const std::string& log);
[[nodiscard]] std::vector<std::string> mails_in(const std::filesystem::path& folder,
                                                const std::string& address);

}  // namespace stagedoor::testing
