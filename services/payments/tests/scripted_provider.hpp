// A provider that follows the test's script, and whose books outlive the service.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "common/errors.hpp"
#include "common/runtime/async_event.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments {

// The result of one call. `response_lost` takes effect without a response, `request_lost` does neither; the
// `blocked_…` ones wait for release(), before or after taking effect.
enum class CallResult { success, rejected, response_lost, request_lost, blocked_before, blocked_after };

// The provider's books, and the script. Any thread.
class Bank {
  public:
    struct Entry {
        OrderId order;
        Money charged;  // 0: declined
        std::int64_t refunded_minor = 0;
        Instant at;
    };

    // The results of the next calls, in order; later calls succeed.
    void script(std::vector<CallResult> charges, std::vector<CallResult> refunds = {}) {
        std::lock_guard lock{mutex_};
        charges_.assign(charges.begin(), charges.end());
        refunds_.assign(refunds.begin(), refunds.end());
    }
    void set_down(bool down) { down_ = down; }

    // The number of blocked calls.
    [[nodiscard]] std::size_t blocked() {
        std::lock_guard lock{mutex_};
        return blocked_.size();
    }
    void release() {
        std::lock_guard lock{mutex_};
        for (auto& each : blocked_) each.notify();
        blocked_.clear();
    }

    [[nodiscard]] int calls() const { return calls_; }
    [[nodiscard]] int charges_in_progress() const { return charging_; }
    [[nodiscard]] std::map<PaymentId, Entry> entries() {
        std::lock_guard lock{mutex_};
        return entries_;
    }
    void change(const std::function<void(std::map<PaymentId, Entry>&)>& change) {
        std::lock_guard lock{mutex_};
        change(entries_);
    }
    // What the order's buyer has paid, less refunds.
    [[nodiscard]] std::int64_t net_charged(const std::string& order) {
        std::int64_t sum = 0;
        for (const auto& [id, each] : entries()) {
            if (each.order.text == order) sum += each.charged.minor - each.refunded_minor;
        }
        return sum;
    }
    [[nodiscard]] int valid_charges(const std::string& order) {
        int count = 0;
        for (const auto& [id, each] : entries())
            count += each.order.text == order && each.charged.minor > each.refunded_minor;
        return count;
    }

  private:
    friend class ScriptedProvider;

    static CallResult next(std::deque<CallResult>& script) {
        if (script.empty()) return CallResult::success;
        auto first = script.front();
        script.pop_front();
        return first;
    }

    std::mutex mutex_;
    std::map<PaymentId, Entry> entries_;
    std::set<RefundId> refunded_;
    std::deque<CallResult> charges_, refunds_;
    std::deque<runtime::AsyncEvent> blocked_;
    std::atomic<int> calls_ = 0, charging_ = 0;
    std::atomic<bool> down_ = false;
};

class ScriptedProvider final : public Provider {
  public:
    ScriptedProvider(Bank& bank, runtime::Clock& clock) : bank_(bank), clock_(clock) {}

    std::string_view name() const override { return "scripted"; }

    Task<ChargeOutcome> charge(Charge charge) override {
        Counted in_progress{bank_.charging_};
        auto result = begin(bank_.charges_);
        if (result == CallResult::blocked_before) co_await block();
        if (result == CallResult::request_lost) throw OutcomeUnknown("the request was lost");
        record(charge, result == CallResult::rejected);
        if (result == CallResult::blocked_after) co_await block();
        if (result == CallResult::response_lost) throw OutcomeUnknown("the response was lost");
        co_return find_recorded(charge.key).value();
    }

    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        ++bank_.calls_;
        if (bank_.down_) throw OutcomeUnknown("down");
        co_return find_recorded(charge.key);
    }

    Task<ChargeOutcome> cancel_charge(Charge charge) override {
        ++bank_.calls_;
        if (bank_.down_) throw OutcomeUnknown("down");
        record(charge, true);
        co_return find_recorded(charge.key).value();
    }

    Task<std::string> refund(Refund refund) override {
        auto result = begin(bank_.refunds_);
        if (result == CallResult::blocked_before) co_await block();
        if (result == CallResult::request_lost) throw OutcomeUnknown("the request was lost");
        if (result == CallResult::rejected) throw RefundRejected("rejected");
        record_refund(refund);
        if (result == CallResult::blocked_after) co_await block();
        if (result == CallResult::response_lost) throw OutcomeUnknown("the response was lost");
        co_return "refund " + refund.key.text;
    }

    Task<std::vector<ChargeRecord>> list_charges(Instant since, std::string after) override {
        if (bank_.down_) throw OutcomeUnknown("down");
        std::vector<ChargeRecord> page;
        for (const auto& [id, each] : bank_.entries()) {
            if (each.charged.minor == 0 || each.at < since || "ref " + id.text <= after) continue;
            page.push_back({id, "ref " + id.text, each.charged, each.refunded_minor, each.at});
            if (page.size() == 2) break;
        }
        co_return page;
    }

    // A genuine one is "ID PAYMENT succeeded|declined", signed "bank".
    Webhook read_webhook(std::string_view body, std::string_view signature, Instant) const override {
        if (signature != "bank") throw Invalid("not signed by the bank"_text);
        std::istringstream words{std::string{body}};
        std::string id, payment, status;
        words >> id >> payment >> status;
        auto succeeded = status == "succeeded";
        Webhook webhook{id, {}, {succeeded, "ref " + payment, succeeded ? "" : "Declined by webhook"}};
        if (!payment.empty()) webhook.charge = PaymentId{payment};
        return webhook;
    }

    std::string publishable_key() const override { return "pk_scripted"; }

    void close() override {
        closed_ = true;
        bank_.release();
    }

  private:
    struct Counted {
        std::atomic<int>& count;
        explicit Counted(std::atomic<int>& counter) : count(counter) { ++count; }
        Counted(const Counted&) = delete;
        ~Counted() { --count; }
    };

    CallResult begin(std::deque<CallResult>& script) {
        ++bank_.calls_;
        std::lock_guard lock{bank_.mutex_};
        auto result = Bank::next(script);
        if (bank_.down_) throw OutcomeUnknown("down");
        return result;
    }

    Task<> block() {
        runtime::AsyncEvent released{clock_};
        {
            std::lock_guard lock{bank_.mutex_};
            bank_.blocked_.push_back(released);
        }
        (void)co_await released.wait_for(std::chrono::hours{24});
        if (closed_) throw OutcomeUnknown("closed");
    }

    void record(const Charge& charge, bool declined) {
        std::lock_guard lock{bank_.mutex_};
        bank_.entries_.try_emplace(
            charge.key,
            Bank::Entry{
                charge.order, {declined ? 0 : charge.amount.minor, charge.amount.currency}, 0, clock_.now()});
    }

    std::optional<ChargeOutcome> find_recorded(const PaymentId& key) {
        std::lock_guard lock{bank_.mutex_};
        auto found = bank_.entries_.find(key);
        if (found == bank_.entries_.end()) return std::nullopt;
        if (found->second.charged.minor == 0) return ChargeOutcome{false, {}, "Declined by the bank"};
        return ChargeOutcome{true, "ref " + key.text, {}};
    }

    void record_refund(const Refund& refund) {
        std::lock_guard lock{bank_.mutex_};
        if (!bank_.refunded_.insert(refund.key).second) return;
        auto& charge = bank_.entries_.at(refund.charge);
        EXPECT_EQ(refund.reference, "ref " + refund.charge.text);
        EXPECT_LE(charge.refunded_minor + refund.amount.minor, charge.charged.minor);
        charge.refunded_minor += refund.amount.minor;
    }

    Bank& bank_;
    runtime::Clock& clock_;
    std::atomic<bool> closed_ = false;
};

}  // namespace stagedoor::payments
