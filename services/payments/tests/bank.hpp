// A provider that does as the test has it, and whose books outlive the service.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "common/errors.hpp"
#include "common/runtime/async_event.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments {

// What becomes of one call. `lost` does it without an answer, `deaf` neither; the `held_…` ones wait for release(),
// having done it or not.
enum class Answer { yes, no, lost, deaf, held_before, held_after };

// The books and the script. Any thread.
class Bank {
  public:
    struct Booked {
        OrderId order;
        Money charged;  // of nothing: declined
        std::int64_t refunded_minor = 0;
        Instant at;
    };

    // What becomes of the next calls, in turn; then all is well.
    void will(std::vector<Answer> charges, std::vector<Answer> refunds = {}) {
        std::lock_guard lock{mutex_};
        charges_.assign(charges.begin(), charges.end());
        refunds_.assign(refunds.begin(), refunds.end());
    }
    void be_silent(bool silent) { silent_ = silent; }

    // Calls that are held.
    [[nodiscard]] std::size_t held() {
        std::lock_guard lock{mutex_};
        return held_.size();
    }
    void release() {
        std::lock_guard lock{mutex_};
        for (auto& each : held_) each.notify();
        held_.clear();
    }

    [[nodiscard]] int calls() const { return calls_; }
    // Charges that are under way.
    [[nodiscard]] int charging() const { return charging_; }
    [[nodiscard]] std::map<PaymentId, Booked> books() {
        std::lock_guard lock{mutex_};
        return books_;
    }
    void change(const std::function<void(std::map<PaymentId, Booked>&)>& change) {
        std::lock_guard lock{mutex_};
        change(books_);
    }
    // What the order's buyer is short of.
    [[nodiscard]] std::int64_t kept(const std::string& order) {
        std::int64_t sum = 0;
        for (const auto& [id, each] : books()) {
            if (each.order.text == order) sum += each.charged.minor - each.refunded_minor;
        }
        return sum;
    }
    [[nodiscard]] int standing_charges(const std::string& order) {
        int count = 0;
        for (const auto& [id, each] : books())
            count += each.order.text == order && each.charged.minor > each.refunded_minor;
        return count;
    }

  private:
    friend class ScriptedProvider;

    static Answer next(std::deque<Answer>& script) {
        if (script.empty()) return Answer::yes;
        auto first = script.front();
        script.pop_front();
        return first;
    }

    std::mutex mutex_;
    std::map<PaymentId, Booked> books_;
    std::set<RefundId> refunded_;
    std::deque<Answer> charges_, refunds_;
    std::deque<runtime::AsyncEvent> held_;
    std::atomic<int> calls_ = 0, charging_ = 0;
    std::atomic<bool> silent_ = false;
};

class ScriptedProvider final : public Provider {
  public:
    ScriptedProvider(Bank& bank, runtime::Clock& clock) : bank_(bank), clock_(clock) {}

    std::string_view name() const override { return "scripted"; }

    Task<ChargeOutcome> charge(Charge charge) override {
        UnderWay under_way{bank_.charging_};
        auto answer = begin(bank_.charges_);
        if (answer == Answer::held_before) co_await hold();
        if (answer == Answer::deaf) throw ProviderSilent("deaf");
        book(charge, answer == Answer::no);
        if (answer == Answer::held_after) co_await hold();
        if (answer == Answer::lost) throw ProviderSilent("lost");
        co_return find_booked(charge.key).value();
    }

    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        ++bank_.calls_;
        if (bank_.silent_) throw ProviderSilent("silent");
        co_return find_booked(charge.key);
    }

    Task<ChargeOutcome> call_off(Charge charge) override {
        ++bank_.calls_;
        if (bank_.silent_) throw ProviderSilent("silent");
        book(charge, true);
        co_return find_booked(charge.key).value();
    }

    Task<std::string> refund(Refund refund) override {
        auto answer = begin(bank_.refunds_);
        if (answer == Answer::held_before) co_await hold();
        if (answer == Answer::deaf) throw ProviderSilent("deaf");
        if (answer == Answer::no) throw RefundRefused("not today");
        pay_back(refund);
        if (answer == Answer::held_after) co_await hold();
        if (answer == Answer::lost) throw ProviderSilent("lost");
        co_return "back " + refund.key.text;
    }

    Task<std::vector<BookedCharge>> books(Instant since, std::string after) override {
        if (bank_.silent_) throw ProviderSilent("silent");
        std::vector<BookedCharge> page;
        for (const auto& [id, each] : bank_.books()) {
            if (each.charged.minor == 0 || each.at < since || "ref " + id.text <= after) continue;
            page.push_back({id, "ref " + id.text, each.charged, each.refunded_minor, each.at});
            if (page.size() == 2) break;
        }
        co_return page;
    }

    // A genuine one is "NOTICE PAYMENT yes|no", signed "bank".
    Notice read_notice(std::string_view body, std::string_view signature, Instant) const override {
        if (signature != "bank") throw Invalid("not the bank's");
        std::istringstream words{std::string{body}};
        std::string id, payment, verdict;
        words >> id >> payment >> verdict;
        Notice notice{
            id,
            {},
            {verdict == "yes", "ref " + payment, verdict == "yes" ? "" : "Declined, says the notice"}};
        if (!payment.empty()) notice.charge = PaymentId{payment};
        return notice;
    }

    std::string publishable_key() const override { return "pk_scripted"; }

    void close() override {
        closed_ = true;
        bank_.release();
    }

  private:
    struct UnderWay {
        std::atomic<int>& count;
        explicit UnderWay(std::atomic<int>& counted) : count(counted) { ++count; }
        UnderWay(const UnderWay&) = delete;
        ~UnderWay() { --count; }
    };

    Answer begin(std::deque<Answer>& script) {
        ++bank_.calls_;
        std::lock_guard lock{bank_.mutex_};
        auto answer = Bank::next(script);
        if (bank_.silent_) throw ProviderSilent("silent");
        return answer;
    }

    Task<> hold() {
        runtime::AsyncEvent signal{clock_};
        {
            std::lock_guard lock{bank_.mutex_};
            bank_.held_.push_back(signal);
        }
        (void)co_await signal.wait_for(std::chrono::hours{24});
        if (closed_) throw ProviderSilent("closed");
    }

    void book(const Charge& charge, bool declined) {
        std::lock_guard lock{bank_.mutex_};
        bank_.books_.try_emplace(
            charge.key,
            Bank::Booked{
                charge.order, {declined ? 0 : charge.amount.minor, charge.amount.currency}, 0, clock_.now()});
    }

    std::optional<ChargeOutcome> find_booked(const PaymentId& key) {
        std::lock_guard lock{bank_.mutex_};
        auto found = bank_.books_.find(key);
        if (found == bank_.books_.end()) return std::nullopt;
        if (found->second.charged.minor == 0) return ChargeOutcome{false, {}, "Declined, says the bank"};
        return ChargeOutcome{true, "ref " + key.text, {}};
    }

    void pay_back(const Refund& refund) {
        std::lock_guard lock{bank_.mutex_};
        if (!bank_.refunded_.insert(refund.key).second) return;
        auto& charge = bank_.books_.at(refund.charge);
        EXPECT_EQ(refund.reference, "ref " + refund.charge.text);
        EXPECT_LE(charge.refunded_minor + refund.amount.minor, charge.charged.minor);
        charge.refunded_minor += refund.amount.minor;
    }

    Bank& bank_;
    runtime::Clock& clock_;
    std::atomic<bool> closed_ = false;
};

}  // namespace stagedoor::payments
