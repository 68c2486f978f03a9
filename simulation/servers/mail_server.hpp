// The mail server: accepts emails and keeps those with links. It can be down, unreachable, or lose its
// response.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/outbound/outbound.hpp"
#include "common/service/service.hpp"
#include "simulation/world/fault_injector.hpp"
#include "simulation/world/network.hpp"

namespace stagedoor::simulation {

class MailServer {
  public:
    MailServer(World& world, Network& network, FaultInjector& faults)
        : world_(world), network_(network), faults_(faults) {}

    static constexpr const char* machine = "mail";
    // Throws outbound::NotSent, EmailRejected and NoResponse, as SMTP delivery does.
    [[nodiscard]] Task<> accept(runtime::Clock& clock, std::string from, outbound::Email email);
    void set_down(bool down) { down_ = down; }
    [[nodiscard]] std::int64_t accepted() const { return accepted_; }
    // The token in the newest link to this page that was sent to the address; empty if there is none.
    [[nodiscard]] std::string newest_token(const std::string& address, std::string_view page) const;

  private:
    World& world_;
    Network& network_;
    FaultInjector& faults_;
    bool down_ = false;
    std::int64_t accepted_ = 0;
    std::map<std::string, std::vector<std::string>> with_links_;  // plain texts by recipient
};

}  // namespace stagedoor::simulation
