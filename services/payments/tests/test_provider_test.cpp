#include "services/payments/providers/test_provider.hpp"

#include "common/security/sessions.hpp"
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

// The test provider alone: idempotent charges, refunds and its books.
struct TestProvider : ::testing::Test {
    runtime::TemporaryFolder folder;
    runtime::ManualClock clock;
    runtime::EventLoopThread loop;
    runtime::Metrics metrics;
    bus::EmbeddedBus bus{clock, metrics};
    runtime::SeededRandom random{1};
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
    std::unique_ptr<sql::Database> db = open("payments");
    struct NoClient final : http::Client {
        Task<http::Response> send(std::string_view, http::Request) override {
            throw Unavailable("no other service"_text);
        }
    } client;
    std::unique_ptr<Provider> provider = make();

    std::unique_ptr<sql::Database> open(const std::string& name) {
        return sql::open_sqlite({.path = folder.file(name + ".db"), .name = name}, clock);
    }
    std::unique_ptr<Provider> make() {
        return make_test_provider(
            ServiceDeps{*db, bus, clock, random, client, metrics, *transport, loop.executor(),
                        [this](const std::string& name) { return open(name); },
                        std::make_shared<security::Sessions>(clock, false),
                        std::make_shared<messaging::ReadYourWrites>(clock), ProgramSettings{}});
    }
    ~TestProvider() override {
        provider->close();
        db->close();
    }

    static Charge charge(const std::string& key, const std::string& token = "tok_visa") {
        return {PaymentId{key}, OrderId{"order"}, {1999, {}}, token, {}};
    }
    ChargeOutcome charged(const std::string& key, const std::string& token = "tok_visa") {
        return loop.wait_for(provider->charge(charge(key, token)));
    }
    ChargeOutcome cancelled(const std::string& key) {
        return loop.wait_for(provider->cancel_charge(charge(key)));
    }
    std::string refunded(const std::string& key, const std::string& of, std::int64_t minor) {
        return loop.wait_for(provider->refund({RefundId{key}, PaymentId{of}, "test_" + of, {minor, {}}}));
    }
    std::vector<ChargeRecord> list_charges(std::string after = {}) {
        return loop.wait_for(provider->list_charges({}, std::move(after)));
    }
};

TEST_F(TestProvider, charges_once_per_key_and_keeps_the_first_outcome) {
    EXPECT_TRUE(charged("a").succeeded);
    EXPECT_TRUE(charged("a", "tok_chargeDeclined").succeeded);
    EXPECT_EQ(charged("b", "tok_chargeDeclined").reason, "Your card was declined");
    EXPECT_FALSE(charged("b").succeeded);
    ASSERT_EQ(list_charges().size(), 1u);
    EXPECT_EQ(list_charges()[0].reference, "test_a");
    EXPECT_EQ(list_charges()[0].charged, (Money{1999, {}}));
}

TEST_F(TestProvider, finds_charges_by_key_after_a_restart) {
    (void)charged("a");
    (void)charged("b", "tok_unknown");
    provider->close();
    provider = make();
    EXPECT_TRUE(loop.wait_for(provider->find(charge("a")))->succeeded);
    EXPECT_EQ(loop.wait_for(provider->find(charge("b")))->reason, "Your card was declined");
    EXPECT_FALSE(loop.wait_for(provider->find(charge("c"))));
}

TEST_F(TestProvider, never_makes_a_cancelled_charge) {
    EXPECT_EQ(cancelled("a").reason, "The payment was cancelled");
    EXPECT_EQ(charged("a").reason, "The payment was cancelled");
    (void)charged("b");
    EXPECT_TRUE(cancelled("b").succeeded);
    (void)charged("c", "tok_chargeDeclined");
    EXPECT_EQ(cancelled("c").reason, "Your card was declined");
    EXPECT_EQ(list_charges().size(), 1u);
}

TEST_F(TestProvider, refunds_once_per_key_and_never_more_than_was_charged) {
    (void)charged("a");
    EXPECT_EQ(refunded("r1", "a", 1000), "test_r1");
    EXPECT_EQ(refunded("r1", "a", 1000), "test_r1");
    EXPECT_THROW((void)refunded("r2", "a", 1000), RefundRejected);
    EXPECT_EQ(refunded("r3", "a", 999), "test_r3");
    EXPECT_THROW((void)refunded("r4", "unknown", 1), RefundRejected);
    EXPECT_EQ(list_charges()[0].refunded_minor, 1999);
}

TEST_F(TestProvider, lists_its_charges_page_by_page) {
    for (int i = 0; i < 105; ++i) (void)charged("charge " + std::to_string(1000 + i));
    auto first = list_charges();
    ASSERT_EQ(first.size(), 100u);
    EXPECT_EQ(list_charges(first.back().reference).size(), 5u);
    EXPECT_TRUE(list_charges("test_charge 9999").empty());
    clock.advance(1s);
    EXPECT_TRUE(loop.wait_for(provider->list_charges(clock.now(), "")).empty());
}

TEST_F(TestProvider, ends_delayed_calls_when_it_is_closed) {
    auto waiting = std::async(std::launch::async, [&] { (void)charged("a", "tok_answerLost"); });
    eventually([&] { return list_charges().size() == 1; });
    provider->close();
    EXPECT_THROW(waiting.get(), OutcomeUnknown);
    EXPECT_THROW((void)charged("b"), OutcomeUnknown);
    EXPECT_THROW((void)charged("b", "tok_slow"), OutcomeUnknown);
}

}  // namespace stagedoor::payments
