// The payment provider's webhooks: one for each charge in its books, signed like Stripe's and retried until
// accepted. They arrive before the charge's response or long after it, twice, or out of order. An attacker
// sends forged ones as well.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/payments/providers/provider.hpp"
#include "simulation/servers/direct_databases.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

// Throws Invalid unless the provider signed it recently.
[[nodiscard]] payments::Webhook verify_webhook(std::string_view body, std::string_view signature,
                                               Instant now);
// Does not verify the signature.
[[nodiscard]] payments::Webhook parse_webhook(std::string_view body);

class Webhooks {
  public:
    explicit Webhooks(Marketplace& marketplace);

    // The forged ones that were accepted since the last call.
    [[nodiscard]] std::vector<std::string> accepted_forgeries() {
        return std::exchange(accepted_forgeries_, {});
    }

  private:
    struct Charge {
        std::int64_t number = 0;
        PaymentId payment;
        std::optional<std::string> declined;
    };
    struct Signed {
        std::string body, signature;
    };
    void send_new_charges();
    [[nodiscard]] Task<> notify(Charge charge);
    [[nodiscard]] Task<> send_until_accepted(Charge charge, std::string body);
    [[nodiscard]] Task<> send_forged(Charge charge);
    [[nodiscard]] Signed forge(const Charge& charge);
    [[nodiscard]] Task<int> send(Signed webhook);
    [[nodiscard]] Duration delay();
    void count_anomalies(const Charge& charge);

    Marketplace& marketplace_;
    World& world_;
    DirectDatabases databases_;
    std::shared_ptr<Process> process_;
    ProcessClock clock_;
    runtime::Executor executor_;
    const bool enabled_;  // in some runs, the account has no webhook configured
    std::int64_t last_charge_ = 0, last_notified_ = 0;
    std::vector<std::string> accepted_forgeries_;
};

}  // namespace stagedoor::simulation
