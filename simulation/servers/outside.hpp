// What the marketplace has around it: a payment provider, a mail server; and what costs a real one time: hashing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/security/password.hpp"
#include "common/service/service.hpp"
#include "services/payments/providers/provider.hpp"
#include "simulation/faults/fault_injector.hpp"
#include "simulation/world/network.hpp"

namespace stagedoor::simulation {

// What payments and its provider have between them.
struct ProviderTalk {
    std::set<PaymentId> unanswered;  // charges that nobody has heard of yet
    std::map<PaymentId, Duration> held_up_until;
    Duration all_have_arrived{};       // those that were held up
    bool new_key_at_each_try = false;  // bugs to plant
    bool believes_every_notice = false;
    bool gives_up_without_a_word = false;
};

// A copy of payments on its way to the provider.
struct WayToProvider {
    World& world;
    std::string machine;
    Network& network;
    Faults& faults;
    ProviderTalk& talk;
};

inline constexpr const char* provider_machine = "provider";

// The test provider, with a provider's bad days: silent before or after it has done what was asked, or slow. It sends
// notices (see notices.hpp), and these are read as it has signed them.
[[nodiscard]] std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, WayToProvider way);

// Takes letters; is away, slow, cut off, or loses its answer.
class MailServer {
  public:
    MailServer(World& world, Network& network, Faults& faults)
        : world_(world), network_(network), faults_(faults) {}

    static constexpr const char* machine = "mail";
    [[nodiscard]] Task<> take(runtime::Clock& clock, std::string from, outbound::Email letter);
    void set_away(bool away) { away_ = away; }
    [[nodiscard]] std::int64_t letters() const { return letters_; }
    // The token of the newest link to that page that somebody was sent; empty when there is none.
    [[nodiscard]] std::string newest_token(const std::string& address, std::string_view page) const;

  private:
    World& world_;
    Network& network_;
    Faults& faults_;
    bool away_ = false;
    std::int64_t letters_ = 0;
    std::map<std::string, std::vector<std::string>> with_links_;  // the texts, by whom they are to
};

// Argon2id is not what is looked at here: a hash that costs nothing.
[[nodiscard]] std::unique_ptr<security::Passwords> make_quick_passwords();

}  // namespace stagedoor::simulation
