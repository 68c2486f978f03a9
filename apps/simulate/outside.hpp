// What the marketplace has around it: a payment provider, a mail server; and what costs a real one time: hashing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/simulate/faults.hpp"
#include "common/security/password.hpp"
#include "common/service/service.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::simulate {

// How payments asks its provider.
struct AskingProvider {
    bool new_key_at_each_try = false;  // a bug to plant
};

// The test provider, with a provider's bad days: silent before or after it has done what was asked, or slow.
[[nodiscard]] std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, Faults& faults,
                                                                const AskingProvider& asking);

// Takes letters; is away, slow, or loses its answer.
class MailServer {
  public:
    MailServer(World& world, Faults& faults) : world_(world), faults_(faults) {}
    [[nodiscard]] Task<> take(runtime::Clock& clock, outbound::Letter letter);
    void set_away(bool away) { away_ = away; }
    [[nodiscard]] std::int64_t letters() const { return letters_; }

  private:
    World& world_;
    Faults& faults_;
    bool away_ = false;
    std::int64_t letters_ = 0;
};

// Argon2id is not what is looked at here: a hash that costs nothing.
[[nodiscard]] std::unique_ptr<security::Passwords> make_quick_passwords();

}  // namespace stagedoor::simulate
