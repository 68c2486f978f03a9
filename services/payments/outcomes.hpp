// Requests that wait for the outcome of an attempt, and who tells them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "common/runtime/async_event.hpp"
#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments {

struct Outcome {
    bool succeeded = false;
    bool was_tried = false;  // the provider was asked; else the order came to nothing before
    std::string reason;      // why it failed
};
// Nothing while it is not known.
[[nodiscard]] std::optional<Outcome> outcome_of(const PaymentRow& payment);

class Outcomes {
    struct Waiting {
        explicit Waiting(runtime::Clock& clock) : signal(clock) {}
        runtime::AsyncEvent signal;
        std::optional<Outcome> outcome;
    };
    using All = std::multimap<PaymentId, std::shared_ptr<Waiting>>;

  public:
    explicit Outcomes(runtime::Clock& clock) : clock_(clock) {}

    // A request's place. Taken before it can have missed anything, given back at its end.
    class Place {
      public:
        Place(Outcomes& outcomes, const PaymentId& id);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        // The outcome, or nothing when it was not told here in time.
        [[nodiscard]] Task<std::optional<Outcome>> told_before(runtime::Timeout end);

      private:
        Outcomes& outcomes_;
        All::iterator place_;
    };

    // Tells those who wait once the transaction is durable.
    void tell(sql::Tx& tx, const PaymentRow& payment);

  private:
    void tell_now(const PaymentId& id, const Outcome& outcome);

    runtime::Clock& clock_;
    std::mutex mutex_;
    All waiting_;
};

}  // namespace stagedoor::payments
