// What the payment provider tells by itself: a notice of each charge in its books, signed as Stripe signs, and sent again until
// it is taken. They come before the answer and long after it, twice, in another order; and somebody else sends forged ones.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "services/payments/providers/provider.hpp"
#include "simulation/model/database_reader.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

// Throws Invalid when the provider has not signed it, or long ago.
[[nodiscard]] payments::Notice read_notice(std::string_view body, std::string_view signature, Instant now);
// Whoever has written it.
[[nodiscard]] payments::Notice read_text_of_notice(std::string_view body);

class Notices {
  public:
    explicit Notices(Marketplace& marketplace);

    // Forged ones that were taken for true; asked once.
    [[nodiscard]] std::vector<std::string> believed() { return std::exchange(believed_, {}); }

  private:
    struct Booked {
        std::int64_t number = 0;
        PaymentId payment;
        std::optional<std::string> declined;
    };
    struct Email {
        std::string body, signature;
    };
    void look_into_books();
    [[nodiscard]] Task<> tell(Booked charge);
    [[nodiscard]] Task<> send_until_taken(Booked charge, std::string body);
    [[nodiscard]] Task<> forge(Booked charge);
    [[nodiscard]] Email forged(const Booked& charge);
    [[nodiscard]] Task<int> send(Email letter);
    [[nodiscard]] Duration time_to_tell();
    void count_what_is_odd(const Booked& charge);

    Marketplace& marketplace_;
    World& world_;
    DatabasesBeside books_;
    std::shared_ptr<Life> life_;
    LifeClock clock_;
    runtime::Executor executor_;
    const bool is_told_;  // some accounts have no address for notices
    std::int64_t last_booked_ = 0, last_told_ = 0;
    std::vector<std::string> believed_;
};

}  // namespace stagedoor::simulation
