#include "services/payments/providers/test_provider.hpp"

#include <list>

#include "common/errors.hpp"
#include "common/runtime/async_event.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::chrono::seconds slow_delay{5}, lost_delay{10};
constexpr std::int64_t page_size = 100;
constexpr std::string_view prefix = "test_";  // of a reference; our key follows

// A declined charge is a row with amount 0: the first outcome of a key is final.
constexpr std::string_view schema = R"(
    CREATE TABLE charges (
        id             TEXT PRIMARY KEY,
        order_id       TEXT NOT NULL,
        amount_minor   BIGINT NOT NULL,
        currency       TEXT NOT NULL,
        refunded_minor BIGINT NOT NULL DEFAULT 0,
        declined       TEXT,
        at             BIGINT NOT NULL,
        CHECK (refunded_minor <= amount_minor)
    );
    CREATE TABLE refunds (
        id           TEXT PRIMARY KEY,
        charge_id    TEXT NOT NULL,
        amount_minor BIGINT NOT NULL,
        at           BIGINT NOT NULL
    );)";

// Why a charge was declined; nullopt: it succeeded.
struct Verdict {
    std::optional<std::string> declined;
};
BOOST_DESCRIBE_STRUCT(Verdict, (), (declined))

struct ChargeRow {
    PaymentId key;
    Money charged;
    std::int64_t refunded_minor = 0;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(ChargeRow, (), (key, charged, refunded_minor, at))

std::optional<std::string> decline_reason(const std::string& token) {
    if (token == "tok_visa" || token == "tok_slow" || token == "tok_answerLost") return std::nullopt;
    if (token == "tok_chargeDeclinedInsufficientFunds") return "Your card has insufficient funds"_stored;
    return "Your card was declined"_stored;
}

std::string reference(const std::string& key) { return std::string{prefix} + key; }

ChargeOutcome outcome(const PaymentId& key, const Verdict& verdict) {
    if (verdict.declined) return {false, {}, *verdict.declined};
    return {true, reference(key.text), {}};
}

class TestProvider final : public Provider {
  public:
    explicit TestProvider(const ServiceDeps& deps)
        : clock_(deps.clock), books_(deps.open_database("test-provider")) {
        books_->migrate({{"test-provider", 1, std::string{schema}}});
    }

    std::string_view name() const override { return "test"; }

    Task<ChargeOutcome> charge(Charge charge) override {
        if (charge.token == "tok_slow") co_await sleep(slow_delay);
        auto verdict = co_await or_unknown(books_->write(
            [&charge](sql::Tx& tx) { return write_charge(tx, charge, {decline_reason(charge.token)}); },
            {.hot_rows = {"charge " + charge.key.text}}));  // so that several share a commit
        if (charge.token == "tok_answerLost") {
            co_await sleep(lost_delay);
            throw OutcomeUnknown("the response was lost");
        }
        co_return outcome(charge.key, verdict);
    }

    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        auto verdict = co_await or_unknown(
            books_->read([&charge](sql::Tx& tx) { return find_verdict(tx, charge.key); }));
        if (!verdict) co_return std::nullopt;
        co_return outcome(charge.key, *verdict);
    }

    Task<ChargeOutcome> cancel_charge(Charge charge) override {
        auto verdict = co_await or_unknown(books_->write([&charge](sql::Tx& tx) {
            return write_charge(tx, charge, {"The payment was cancelled"_stored});
        }));
        co_return outcome(charge.key, verdict);
    }

    Task<std::string> refund(Refund refund) override {
        co_return co_await or_unknown(
            books_->write([&refund](sql::Tx& tx) { return write_refund(tx, refund); }));
    }

    Task<std::vector<ChargeRecord>> list_charges(Instant since, std::string after) override {
        auto rows = co_await or_unknown(books_->read([&](sql::Tx& tx) {
            return tx.query<ChargeRow>(
                "SELECT id, amount_minor, currency, refunded_minor, at FROM charges"
                " WHERE declined IS NULL AND at >= $1 AND id > $2 ORDER BY id LIMIT $3",
                since, after.empty() ? after : after.substr(prefix.size()), page_size);
        }));
        std::vector<ChargeRecord> page;
        for (const auto& row : rows)
            page.push_back({row.key, reference(row.key.text), row.charged, row.refunded_minor, row.at});
        co_return page;
    }

    Webhook read_webhook(std::string_view, std::string_view, Instant) const override {
        throw NotFound("The test provider sends no webhooks"_text);
    }

    void close() override {
        {
            std::lock_guard lock{mutex_};
            closed_ = true;
            for (auto& closing : sleeping_) closing.notify();
        }
        books_->close();
    }

  private:
    static std::optional<Verdict> find_verdict(sql::Tx& tx, const PaymentId& key) {
        return tx.find<Verdict>("SELECT declined FROM charges WHERE id = $1", key);
    }

    static Verdict write_charge(sql::Tx& tx, const Charge& charge, Verdict verdict) {
        auto written = tx.execute(
            "INSERT INTO charges(id, order_id, amount_minor, currency, declined, at) VALUES ($1, $2, $3, $4, "
            "$5, $6) ON CONFLICT DO NOTHING",
            charge.key, charge.order, verdict.declined ? 0 : charge.amount.minor, charge.amount.currency,
            verdict.declined, tx.now());
        return written.rows == 1 ? verdict : find_verdict(tx, charge.key).value();
    }

    static std::string write_refund(sql::Tx& tx, const Refund& refund) {
        auto written = tx.execute(
            "INSERT INTO refunds(id, charge_id, amount_minor, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO "
            "NOTHING",
            refund.key, refund.charge, refund.amount.minor, tx.now());
        if (written.rows == 0) return reference(refund.key.text);
        auto taken = tx.execute(
            "UPDATE charges SET refunded_minor = refunded_minor + $2"
            " WHERE id = $1 AND currency = $3 AND refunded_minor + $2 <= amount_minor",
            refund.charge, refund.amount.minor, refund.amount.currency);
        if (taken.rows == 0) throw RefundRejected("no such charge, or not enough left of it");
        return reference(refund.key.text);
    }

    // To the caller, any failure of the database is an unknown outcome.
    template <class T>
    static Task<T> or_unknown(Task<T> result) {
        try {
            co_return co_await std::move(result);
        } catch (const ApiError& error) {
            throw OutcomeUnknown(error.what());
        } catch (const sql::DatabaseError& error) {
            throw OutcomeUnknown(error.what());
        }
    }

    Task<> sleep(std::chrono::milliseconds duration) {
        runtime::AsyncEvent closing{clock_};
        std::list<runtime::AsyncEvent>::iterator place;
        {
            std::lock_guard lock{mutex_};
            if (closed_) throw OutcomeUnknown("closed");
            place = sleeping_.insert(sleeping_.end(), closing);
        }
        auto is_closed = co_await closing.wait_for(duration);
        std::lock_guard lock{mutex_};
        sleeping_.erase(place);
        if (is_closed) throw OutcomeUnknown("closed");
    }

    runtime::Clock& clock_;
    std::unique_ptr<sql::Database> books_;
    std::mutex mutex_;
    bool closed_ = false;
    std::list<runtime::AsyncEvent> sleeping_;  // delayed calls
};

}  // namespace

std::unique_ptr<Provider> make_test_provider(const ServiceDeps& deps) {
    return std::make_unique<TestProvider>(deps);
}

}  // namespace stagedoor::payments
