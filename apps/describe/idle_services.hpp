// Services put together as a program does it, on databases that are thrown away; none of them runs. For what can be
// read from their registrations.
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

// By service: the entities that it receives, by the service that tells of them.
using Registrations = std::map<std::string, std::map<std::string, std::set<std::string>>>;

class IdleServices {
  public:
    explicit IdleServices(const std::vector<NamedService>& services);
    ~IdleServices();
    IdleServices(const IdleServices&) = delete;
    IdleServices& operator=(const IdleServices&) = delete;

    // Each of them is in it, also one that receives nobody.
    [[nodiscard]] const Registrations& registrations() const;
    // What it answers to GET /api/openapi.json.
    [[nodiscard]] std::string openapi();

  private:
    class NotingBus;

    runtime::TemporaryFolder folder_;
    boost::asio::io_context loop_;
    runtime::ManualClock clock_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    std::unique_ptr<NotingBus> bus_;
    std::unique_ptr<outbound::Transport> outbound_;
    std::unique_ptr<Host> host_;
};

}  // namespace stagedoor::describe
