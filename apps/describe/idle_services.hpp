// Services assembled as in a program, with temporary databases, but never started: to read their
// registrations.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/runtime/temporary_folder.hpp"
#include "common/service/host.hpp"

namespace stagedoor::describe {

// By service: the entities it subscribes to, by the service that publishes them.
using Registrations = std::map<std::string, std::map<std::string, std::set<std::string>>>;

class IdleServices {
  public:
    explicit IdleServices(const std::vector<NamedService>& services);
    ~IdleServices();
    IdleServices(const IdleServices&) = delete;
    IdleServices& operator=(const IdleServices&) = delete;

    // Contains every service, even one without subscriptions.
    [[nodiscard]] const Registrations& registrations() const;
    // The hints about others that services receive, by service.
    [[nodiscard]] std::map<std::string, std::set<std::string>> followed_hints() const {
        return host_->followed_hints();
    }
    // The response to GET /api/openapi.json.
    [[nodiscard]] std::string openapi();

  private:
    class RecordingBus;

    runtime::TemporaryFolder folder_;
    boost::asio::io_context loop_;
    runtime::ManualClock clock_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    std::unique_ptr<RecordingBus> bus_;
    std::unique_ptr<outbound::Transport> outbound_;
    std::unique_ptr<Host> host_;
};

}  // namespace stagedoor::describe
