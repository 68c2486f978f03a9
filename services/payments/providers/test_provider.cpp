#include "services/payments/providers/test_provider.hpp"

#include <list>

namespace stagedoor::payments {
namespace {

constexpr std::chrono::seconds slow{5}, lost{10};
constexpr std::int64_t page_size = 100;
constexpr std::string_view prefix = "test_";  // of a reference, before our key

// A declined charge is one of nothing: whatever is asked again under its key, the first outcome stands.
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

struct Verdict {
    std::optional<std::string> declined;
};
BOOST_DESCRIBE_STRUCT(Verdict, (), (declined))

struct BookedRow {
    PaymentId key;
    Money charged;
    std::int64_t refunded_minor = 0;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(BookedRow, (), (key, charged, refunded_minor, at))

std::optional<std::string> why_declined(const std::string& token) {
    if (token == "tok_visa" || token == "tok_slow" || token == "tok_answerLost") return std::nullopt;
    if (token == "tok_chargeDeclinedInsufficientFunds") return "Your card has insufficient funds";
    return "Your card was declined";
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
        if (charge.token == "tok_slow") co_await sleep(slow);
        auto verdict = co_await answered(books_->write(
            [&charge](sql::Tx& tx) { return write_charge(tx, charge, {why_declined(charge.token)}); }));
        if (charge.token == "tok_answerLost") {
            co_await sleep(lost);
            throw ProviderSilent("the answer was lost");
        }
        co_return outcome(charge.key, verdict);
    }

    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        auto verdict =
            co_await answered(books_->read([&charge](sql::Tx& tx) { return verdict_on(tx, charge.key); }));
        if (!verdict) co_return std::nullopt;
        co_return outcome(charge.key, *verdict);
    }

    Task<ChargeOutcome> call_off(Charge charge) override {
        auto verdict = co_await answered(books_->write(
            [&charge](sql::Tx& tx) { return write_charge(tx, charge, {"The payment was called off"}); }));
        co_return outcome(charge.key, verdict);
    }

    Task<std::string> refund(Refund refund) override {
        co_return co_await answered(
            books_->write([&refund](sql::Tx& tx) { return write_refund(tx, refund); }));
    }

    Task<std::vector<BookedCharge>> books(Instant since, std::string after) override {
        auto rows = co_await answered(books_->read([&](sql::Tx& tx) {
            return tx.query<BookedRow>(
                "SELECT id, amount_minor, currency, refunded_minor, at FROM charges"
                " WHERE declined IS NULL AND at >= $1 AND id > $2 ORDER BY id LIMIT $3",
                since, after.empty() ? after : after.substr(prefix.size()), page_size);
        }));
        std::vector<BookedCharge> page;
        for (const auto& row : rows)
            page.push_back({row.key, reference(row.key.text), row.charged, row.refunded_minor, row.at});
        co_return page;
    }

    Notice read_notice(std::string_view, std::string_view, Instant) const override {
        throw NotFound("The test provider sends no notices");
    }

    void close() override {
        {
            std::lock_guard lock{mutex_};
            closed_ = true;
            for (auto& wake : sleeping_) wake.notify();
        }
        books_->close();
    }

  private:
    static std::optional<Verdict> verdict_on(sql::Tx& tx, const PaymentId& key) {
        return tx.find<Verdict>("SELECT declined FROM charges WHERE id = $1", key);
    }

    static Verdict write_charge(sql::Tx& tx, const Charge& charge, Verdict verdict) {
        auto written = tx.execute(
            "INSERT INTO charges(id, order_id, amount_minor, currency, declined, at) VALUES ($1, $2, $3, $4, "
            "$5, $6) ON CONFLICT DO NOTHING",
            charge.key, charge.order, verdict.declined ? 0 : charge.amount.minor, charge.amount.currency,
            verdict.declined, tx.now());
        return written.rows == 1 ? verdict : verdict_on(tx, charge.key).value();
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
        if (taken.rows == 0) throw RefundRefused("no such charge, or not so much left of it");
        return reference(refund.key.text);
    }

    // Whatever keeps the books from answering, to the caller it is silence.
    template <class T>
    static Task<T> answered(Task<T> asked) {
        try {
            co_return co_await std::move(asked);
        } catch (const ApiError& error) {
            throw ProviderSilent(error.what());
        } catch (const sql::DatabaseError& error) {
            throw ProviderSilent(error.what());
        }
    }

    Task<> sleep(std::chrono::milliseconds duration) {
        runtime::AsyncEvent wake{clock_};
        std::list<runtime::AsyncEvent>::iterator place;
        {
            std::lock_guard lock{mutex_};
            if (closed_) throw ProviderSilent("closed");
            place = sleeping_.insert(sleeping_.end(), wake);
        }
        auto woken = co_await wake.wait_for(duration);
        std::lock_guard lock{mutex_};
        sleeping_.erase(place);
        if (woken) throw ProviderSilent("closed");
    }

    runtime::Clock& clock_;
    std::unique_ptr<sql::Database> books_;
    std::mutex mutex_;
    bool closed_ = false;
    std::list<runtime::AsyncEvent> sleeping_;  // calls that take their time
};

}  // namespace

std::unique_ptr<Provider> make_test_provider(const ServiceDeps& deps) {
    return std::make_unique<TestProvider>(deps);
}

}  // namespace stagedoor::payments
