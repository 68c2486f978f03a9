// Requests that wait for the outcome of a payment attempt.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "common/bus/bus.hpp"
#include "common/runtime/async_event.hpp"
#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments {

struct Outcome {
    bool succeeded = false;
    bool provider_called = false;  // false: the order was cancelled before anything was charged
    std::string reason;            // why it failed
};
BOOST_DESCRIBE_STRUCT(Outcome, (), (succeeded, provider_called, reason))
// nullopt while it is unknown.
[[nodiscard]] std::optional<Outcome> outcome_of(const PaymentRow& payment);

class Outcomes {
    struct Pending {
        explicit Pending(runtime::Clock& clock) : known(clock) {}
        runtime::AsyncEvent known;
        std::optional<Outcome> outcome;
    };
    using Waiting = std::multimap<PaymentId, std::shared_ptr<Pending>>;

  public:
    Outcomes(runtime::Clock& clock, bus::Bus& bus);

    // Registers a request for the outcome of a payment while it lives; create it before the outcome can
    // arrive. Throws Unavailable if too many requests wait.
    class Waiter {
      public:
        Waiter(Outcomes& outcomes, const PaymentId& id);
        ~Waiter();
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;

        // The outcome, or nullopt if this replica did not learn it in time: hints may be lost.
        [[nodiscard]] Task<std::optional<Outcome>> wait_until(runtime::Timeout end);

      private:
        Outcomes& outcomes_;
        Waiting::iterator place_;
    };

    // Notifies the waiters once the transaction is durable, those of other replicas by a hint.
    void notify_after_commit(sql::Tx& tx, const PaymentRow& payment);
    // Only the part for other replicas. The outcome must be durable.
    void send_hint(const PaymentId& id, const Outcome& outcome);

  private:
    void notify(const PaymentId& id, const Outcome& outcome);

    runtime::Clock& clock_;
    bus::Bus& bus_;
    std::mutex mutex_;
    Waiting waiting_;
};

}  // namespace stagedoor::payments
