// Who really moves the money. Outside of payments' transactions: a call may be done and its answer lost, so everything
// is asked for under a key of ours, and what became of a key can be asked.
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

// The provider's answer did not come, or was no answer (5xx, a broken connection): what it did is to be asked by key.
struct ProviderSilent : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Charge {
    PaymentId key;
    OrderId order;
    Money amount;
    std::string token;   // what the buyer's browser got from the provider for a card; never the card
    Instant started_at;  // of the attempt
};

struct ChargeOutcome {
    bool succeeded = false;
    std::string reference;  // what the provider calls the charge; may be empty when it was declined
    std::string reason;     // why it was declined, for the buyer: "Your card was declined"
};

struct Refund {
    RefundId key;
    PaymentId charge;
    std::string reference;  // of the charge
    Money amount;           // at most what is left of the charge
};

// A line of the provider's books.
struct BookedCharge {
    PaymentId key;
    std::string reference;
    Money charged;
    std::int64_t refunded_minor = 0;
    Instant at;
};

// A notice that the provider sent by itself and that is genuine (signature and time were checked).
struct Notice {
    std::string id;                   // of the notice: a second one with the same id says nothing new
    std::optional<PaymentId> charge;  // whose outcome it tells; none: nothing that we act on
    ChargeOutcome outcome;
};

class Provider {
  public:
    virtual ~Provider() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;  // "test", "stripe"

    // Charges once per key, however often it is called with it. Throws ProviderSilent, at the latest after 10 s.
    [[nodiscard]] virtual Task<ChargeOutcome> charge(Charge charge) = 0;
    // What became of a charge; nullopt when the provider has never heard of its key. Throws ProviderSilent.
    [[nodiscard]] virtual Task<std::optional<ChargeOutcome>> find(Charge charge) = 0;
    // Sees to it that a charge is not made any more, not even by a call of charge() that is still on its way: its key is
    // used up. When it was made or declined before, that is the outcome. Throws ProviderSilent.
    [[nodiscard]] virtual Task<ChargeOutcome> call_off(Charge charge) = 0;
    // Pays back once per key; returns the provider's reference of the refund. Throws ProviderSilent; RefundRefused when
    // the provider won't.
    [[nodiscard]] virtual Task<std::string> refund(Refund refund) = 0;

    // The charges that stand or stood, by the provider's books, made from `since` on: each once, in no promised
    // order, page by page. `after` is the reference of the last one of the page before, empty at first; an empty
    // page is the end. What is charged meanwhile may be left out. Throws ProviderSilent.
    [[nodiscard]] virtual Task<std::vector<BookedCharge>> books(Instant since, std::string after) = 0;

    // Reads a notice from its body and signature header. Throws Invalid when it isn't genuine or too old (over 5 min);
    // NotFound when this provider sends none.
    [[nodiscard]] virtual Notice read_notice(std::string_view body, std::string_view signature,
                                             Instant now) const = 0;

    // What the browser needs to turn a card into a token; empty for the test provider.
    [[nodiscard]] virtual std::string publishable_key() const { return {}; }

    // Ends what waits: calls under way throw ProviderSilent.
    virtual void close() {}
};

// The provider won't give the money back (it was given back already, or the charge is unknown to it).
struct RefundRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace stagedoor::payments
