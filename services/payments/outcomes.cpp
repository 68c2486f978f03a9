#include "services/payments/outcomes.hpp"

#include "common/errors.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::size_t most_waiting = 4096;  // each holds a request open

}  // namespace

std::optional<Outcome> outcome_of(const PaymentRow& payment) {
    if (payment.status == PaymentStatus::started || payment.status == PaymentStatus::charging)
        return std::nullopt;
    return Outcome{payment.status == PaymentStatus::succeeded, payment.tries > 0,
                   payment.reason.value_or("The payment was declined")};
}

Outcomes::Place::Place(Outcomes& outcomes, const PaymentId& id) : outcomes_(outcomes) {
    std::lock_guard lock{outcomes_.mutex_};
    if (outcomes_.waiting_.size() >= most_waiting)
        throw Unavailable("Too many payments are under way; try again in a moment");
    place_ = outcomes_.waiting_.emplace(id, std::make_shared<Waiting>(outcomes_.clock_));
}

Outcomes::Place::~Place() {
    std::lock_guard lock{outcomes_.mutex_};
    outcomes_.waiting_.erase(place_);
}

Task<std::optional<Outcome>> Outcomes::Place::told_before(runtime::Timeout end) {
    auto waiting = place_->second;
    (void)co_await waiting->signal.wait_until(end);
    std::lock_guard lock{outcomes_.mutex_};
    co_return waiting->outcome;
}

void Outcomes::tell(sql::Tx& tx, const PaymentRow& payment) {
    auto outcome = outcome_of(payment);
    if (!outcome) return;
    tx.after_commit([this, id = payment.id, outcome = *outcome] { tell_now(id, outcome); });
}

void Outcomes::tell_now(const PaymentId& id, const Outcome& outcome) {
    std::lock_guard lock{mutex_};
    auto [begin, end] = waiting_.equal_range(id);
    for (auto each = begin; each != end; ++each) {
        each->second->outcome = outcome;
        each->second->signal.notify();
    }
}

}  // namespace stagedoor::payments
