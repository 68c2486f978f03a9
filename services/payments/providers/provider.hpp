// The payment provider. Its calls are outside our transactions, and a response may be lost after the effect:
// every call has an idempotency key of ours, and the outcome of a charge can be looked up by its key.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/task.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::payments {

// No usable response (timeout, 5xx, broken connection). The call may have worked: look it up by its key.
struct OutcomeUnknown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Charge {
    PaymentId key;
    OrderId order;
    Money amount;
    std::string token;   // from the provider to the buyer's browser, for a card; never the card itself
    Instant started_at;  // of the attempt
};

struct ChargeOutcome {
    bool succeeded = false;
    std::string reference;  // the provider's id of the charge; may be empty if declined
    std::string reason;     // why it was declined, for the buyer: "Your card was declined"
};

struct Refund {
    RefundId key;
    PaymentId charge;
    std::string reference;  // of the charge
    Money amount;           // at most what is left of the charge
};

// A charge in the provider's books.
struct ChargeRecord {
    PaymentId key;
    std::string reference;
    Money charged;
    std::int64_t refunded_minor = 0;
    Instant at;
};

// A genuine webhook: its signature and time were checked.
struct Webhook {
    std::string id;                   // of the webhook; repeats have the same id
    std::optional<PaymentId> charge;  // the charge whose outcome it reports; none: not relevant to us
    ChargeOutcome outcome;
};

class Provider {
  public:
    virtual ~Provider() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;  // "test", "stripe"

    // Charges once per key, however often it is called. Throws OutcomeUnknown, after 10 s at the latest.
    [[nodiscard]] virtual Task<ChargeOutcome> charge(Charge charge) = 0;
    // Looks a charge up by its key; nullopt if the provider does not know the key. Throws OutcomeUnknown.
    [[nodiscard]] virtual Task<std::optional<ChargeOutcome>> find(Charge charge) = 0;
    // Makes sure that the charge is never made, not even by a call of charge() that is still in flight: uses
    // up its key. If it was made or declined before, returns that outcome. Throws OutcomeUnknown.
    [[nodiscard]] virtual Task<ChargeOutcome> cancel_charge(Charge charge) = 0;
    // Refunds once per key; returns the provider's id of the refund. Throws OutcomeUnknown, RefundRejected.
    [[nodiscard]] virtual Task<std::string> refund(Refund refund) = 0;

    // A page of the provider's books: the successful charges, refunded or not, from `since` on; each once, in
    // no particular order. `after` is the reference of the previous page's last charge, empty at first; an
    // empty page is the end. Charges made meanwhile may be missing. Throws OutcomeUnknown if the provider is
    // unavailable.
    [[nodiscard]] virtual Task<std::vector<ChargeRecord>> list_charges(Instant since, std::string after) = 0;

    // Reads a webhook from its body and signature header. Throws Invalid if it isn't genuine, is over 5 min
    // old or can't be read; NotFound if this provider sends none.
    [[nodiscard]] virtual Webhook read_webhook(std::string_view body, std::string_view signature,
                                               Instant now) const = 0;

    // For the browser, to create a token from a card; empty for the test provider.
    [[nodiscard]] virtual std::string publishable_key() const { return {}; }

    // Calls in progress throw OutcomeUnknown.
    virtual void close() {}
};

// The provider does not make the refund (already refunded, or unknown charge).
struct RefundRejected : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace stagedoor::payments
