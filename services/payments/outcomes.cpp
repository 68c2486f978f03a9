#include "services/payments/outcomes.hpp"

#include "common/errors.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::size_t max_waiters = 4096;  // each keeps a request open
const std::string topic = "payments.outcomes";

// What one replica tells the others.
struct Hint {
    PaymentId id;
    Outcome outcome;
};
BOOST_DESCRIBE_STRUCT(Hint, (), (id, outcome))

}  // namespace

std::optional<Outcome> outcome_of(const PaymentRow& payment) {
    if (payment.status == PaymentStatus::started || payment.status == PaymentStatus::charging)
        return std::nullopt;
    return Outcome{payment.status == PaymentStatus::succeeded, payment.tries > 0,
                   payment.reason.value_or("The payment was declined"_stored)};
}

Outcomes::Outcomes(runtime::Clock& clock, bus::Bus& bus) : clock_(clock), bus_(bus) {
    bus_.on_hint(topic, [this](const std::string& text) {
        if (auto hint = json::read<Hint>(text)) notify(hint->id, hint->outcome);
    });
}

Outcomes::Waiter::Waiter(Outcomes& outcomes, const PaymentId& id) : outcomes_(outcomes) {
    std::lock_guard lock{outcomes_.mutex_};
    if (outcomes_.waiting_.size() >= max_waiters)
        throw Unavailable("Too many payments are in progress; try again in a moment"_text);
    place_ = outcomes_.waiting_.emplace(id, std::make_shared<Pending>(outcomes_.clock_));
}

Outcomes::Waiter::~Waiter() {
    std::lock_guard lock{outcomes_.mutex_};
    outcomes_.waiting_.erase(place_);
}

Task<std::optional<Outcome>> Outcomes::Waiter::wait_until(runtime::Timeout end) {
    auto pending = place_->second;
    (void)co_await pending->known.wait_until(end);
    std::lock_guard lock{outcomes_.mutex_};
    co_return pending->outcome;
}

void Outcomes::notify_after_commit(sql::Tx& tx, const PaymentRow& payment) {
    auto outcome = outcome_of(payment);
    if (!outcome) return;
    tx.after_commit([this, id = payment.id, outcome = *outcome] {
        notify(id, outcome);
        send_hint(id, outcome);
    });
}

void Outcomes::send_hint(const PaymentId& id, const Outcome& outcome) {
    if (bus_.carries_hints()) bus_.send_hint(topic, json::to_json(Hint{id, outcome}));
}

void Outcomes::notify(const PaymentId& id, const Outcome& outcome) {
    std::lock_guard lock{mutex_};
    auto [begin, end] = waiting_.equal_range(id);
    for (auto each = begin; each != end; ++each) {
        each->second->outcome = outcome;
        each->second->known.notify();
    }
}

}  // namespace stagedoor::payments
