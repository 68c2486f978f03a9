// One replica of a service, or a node with all of them: the unmodified services in a process that is
// restarted whenever it ends.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/http/message.hpp"
#include "common/http/server/body_stream.hpp"
#include "common/service/host.hpp"
#include "simulation/world/executor.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Marketplace;

class Replica {
  public:
    Replica(Marketplace& marketplace, std::vector<NamedService> services, std::string machine);

    void start();
    // Like kill -9; restarts after a moment.
    void crash();
    // The same, but it stays down until start().
    void kill();
    // Like SIGTERM; restarts after it has drained.
    void restart();
    [[nodiscard]] bool is_serving() const { return running_ && serving_; }
    [[nodiscard]] bool is_running() const { return running_ != nullptr; }

    [[nodiscard]] const std::string& machine() const { return machine_; }
    [[nodiscard]] bool has(const std::string& service) const;
    [[nodiscard]] std::vector<std::string> services() const;
    // The current process; only while it is running.
    [[nodiscard]] const std::shared_ptr<Process>& process() const;
    // Applies to later processes as well.
    void set_clock_skew(std::chrono::milliseconds skew);

    // A request and its response. `changed` is notified, in the client's process, when either of the two
    // before it is set.
    struct Exchange {
        std::string from;
        std::shared_ptr<Process> client;
        std::optional<http::Response> response;
        bool broken = false;
        runtime::AsyncEvent changed;
    };
    void serve(const std::shared_ptr<Exchange>& exchange, http::Request request);

  private:
    struct Running;

    [[nodiscard]] Task<> run(Running& running);
    [[nodiscard]] Task<> stop(Running& running);
    [[nodiscard]] Task<> respond(Running& running, std::shared_ptr<Exchange> exchange, http::Request request);
    void end_streams(http::BodyStream::End why);
    void kill_process();
    void kill_and_restart();

    Marketplace& marketplace_;
    const std::vector<NamedService> services_;
    const std::string machine_;
    std::chrono::milliseconds skew_{};
    bool serving_ = false, stopping_ = false, stays_down_ = false;
    std::vector<std::shared_ptr<Exchange>> in_flight_;
    std::vector<std::weak_ptr<http::BodyStream>> streams_;
    Running* running_ = nullptr;  // never destroyed, see Process::kill
};

}  // namespace stagedoor::simulation
