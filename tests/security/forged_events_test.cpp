// Events that nobody may believe, sent to a process per service by somebody who has the password of one NATS
// user: a key of their own, for tokens of an admin, and a payment that nobody made.
#include <gtest/gtest.h>

#include "common/bus/envelope.hpp"
#include "common/json/write.hpp"
#include "common/security/token.hpp"
#include "contracts/events/all.hpp"
#include "fleet/fleet.hpp"
#include "fleet/polling.hpp"
#include "testing/model/customers.hpp"
#include "testing/processes/process.hpp"
#include "tests/security/nats_user.hpp"

namespace stagedoor::testing {
namespace {

using namespace std::chrono_literals;

template <class E>
bus::Event to_event(const E& event, Instant time) {
    return {.type = std::string{E::subject},
            .source = std::string{E::source},
            .entity_id = event.entity_id(),
            .version = event.version,
            .time = time,
            .traceparent = {},
            .data = json::to_json(event)};
}

class ForgedEvents : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        folder_ = std::make_unique<runtime::TemporaryFolder>();
        fleet_ = std::make_unique<fleet::Fleet>(fleet::FleetOptions{
            .folder = folder_->path(),
            .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
            .replicas = 1,
            .environment = {{"STAGEDOOR_LOG_LEVEL", "warning"}, {"STAGEDOOR_RATE_LIMITS", "off"}}});
        fleet_->start_servers();
        fleet_->launch_services();
        fleet_->await_ready(60s);
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(fleet_->stop_services(20s), 0);
        fleet_->stop_servers();
        fleet_.reset();
        folder_.reset();
    }

    static fleet::NatsServer& nats() { return *fleet_->nats().front(); }
    static std::string url() { return fleet_->url(); }
    static Instant now() {
        return {std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count()};
    }

    bus::Event forged_key() {
        std::string_view bytes{reinterpret_cast<const char*>(key_.public_key.data()), key_.public_key.size()};
        return to_event(contracts::KeyAdded{.id = key_.id,
                                            .public_key = security::base64url(bytes),
                                            .active_at = now() + -1min,
                                            .version = 1},
                        now());
    }
    std::string forged_token() {
        return security::sign_token({.user = UserId{"attacker"},
                                     .email = "attacker@example.com",
                                     .session = SessionId{"forged"},
                                     .epoch = 0,
                                     .roles = {"admin"},
                                     .issued_at = now() + -1min,
                                     .expires_at = now() + 1h},
                                    key_);
    }
    void expect_token_refused() {
        for (const auto* path :
             {"/api/orders", "/api/tickets/mine", "/api/payments/balance", "/api/users/sessions"}) {
            auto response = Client{url()}.with("Authorization", "Bearer " + forged_token()).get(path);
            EXPECT_EQ(response.status, 401) << path;
        }
    }

    static bool has_refused(const std::string& service, const std::string& consumer) {
        auto log = read_file(fleet_->replicas_of(service).front()->log().string());
        const std::string_view event = " security event-refused";
        for (auto at = log.find(event); at != std::string::npos; at = log.find(event, at + 1)) {
            auto line = log.substr(at, log.find('\n', at) - at);
            if (line.contains("consumer=" + consumer)) return true;
        }
        return false;
    }
    // So far, of all services but auth.
    static void expect_key_refused() {
        for (const auto* service :
             {"tickets", "orders", "expiration", "payments", "admissions", "notifications", "client"})
            EXPECT_TRUE(fleet::becomes_true(
                [&] { return has_refused(service, std::string{service} + "-key"); }, 20s, 20ms))
                << service;
    }

    static std::unique_ptr<runtime::TemporaryFolder> folder_;
    static std::unique_ptr<fleet::Fleet> fleet_;
    runtime::SystemRandom random_;
    security::SigningKey key_ = security::new_signing_key(random_);
};
std::unique_ptr<runtime::TemporaryFolder> ForgedEvents::folder_;
std::unique_ptr<fleet::Fleet> ForgedEvents::fleet_;

TEST_F(ForgedEvents, a_key_published_with_the_password_of_auth_is_refused_by_every_service) {
    NatsUser auth{nats(), "auth"};
    auto envelope = bus::to_envelope(forged_key());
    auto other_service = fleet_->event_key("payments").sign(envelope);
    for (const auto& signature : {std::string{}, std::string(86, 'A'), other_service})
        EXPECT_EQ(auth.publish("key.added", envelope, signature), "");
    expect_key_refused();
    expect_token_refused();
}

TEST_F(ForgedEvents, a_key_published_with_any_other_password_does_not_reach_the_bus) {
    for (const auto* user :
         {"tickets", "orders", "expiration", "payments", "admissions", "notifications", "client", "listener"})
        EXPECT_NE(NatsUser(nats(), user).publish("key.added", bus::to_envelope(forged_key())), "") << user;
    expect_token_refused();
}

// A stream's owner may configure it, and JetStream itself publishes what a stream republishes: permissions do
// not stop that.
TEST_F(ForgedEvents, a_key_republished_by_another_services_stream_is_refused) {
    NatsUser orders{nats(), "orders"}, auth{nats(), "auth"};
    auto last_sequence = [&] {
        auto info = auth.request("$JS.API.STREAM.INFO.stagedoor-auth");
        auto at = info.find("\"last_seq\":");
        return info.substr(at, info.find(',', at) - at);
    };
    auto before = last_sequence();
    (void)orders.request("$JS.API.STREAM.DELETE.stagedoor-orders");  // an existing one can't be changed so
    auto created = orders.request("$JS.API.STREAM.CREATE.stagedoor-orders",
                                  R"({"name":"stagedoor-orders","subjects":["order.>","stock.>"],)"
                                  R"("republish":{"src":"order.*","dest":"key.{{wildcard(1)}}"}})");
    ASSERT_EQ(created.find("\"error\""), std::string::npos) << created;
    EXPECT_EQ(orders.publish("order.added", bus::to_envelope(forged_key())), "");
    EXPECT_TRUE(fleet::becomes_true([&] { return last_sequence() != before; }, 5s, 50ms)) << before;
    expect_key_refused();
    (void)orders.request("$JS.API.STREAM.DELETE.stagedoor-orders");  // its relay declares it again
    expect_token_refused();
}

TEST_F(ForgedEvents, a_payment_published_with_the_password_of_payments_completes_no_order) {
    auto seller = sign_up(url()), buyer = sign_up(url());
    auto ticket = list_ticket(seller.at(url()));
    auto placed = order(buyer.at(url()), {{ticket}});
    ASSERT_EQ(placed.status, 201) << placed.body;
    contracts::PaymentState payment{.id = PaymentId{runtime::new_uuid(random_, now())},
                                    .order_id = OrderId{placed.at("id")},
                                    .user_id = UserId{buyer.id},
                                    .amount = {1999, {}},
                                    .reference = {},
                                    .version = 1};
    NatsUser payments{nats(), "payments"};
    auto started = bus::to_envelope(to_event(contracts::PaymentStarted{payment}, now()));
    payment.reference = "forged";
    payment.version = 2;
    auto created = bus::to_envelope(to_event(contracts::PaymentCreated{payment}, now()));
    EXPECT_EQ(payments.publish("payment.started", started), "");
    EXPECT_EQ(payments.publish("payment.created", created, std::string(86, 'A')), "");
    EXPECT_TRUE(fleet::becomes_true([&] { return has_refused("orders", "orders-payment"); }, 20s, 20ms));
    auto status = [&] { return buyer.at(url()).get("/api/orders/" + placed.at("id")).at("status"); };
    EXPECT_EQ(status(), "created");
    for (const auto* user : {"orders", "tickets", "listener"})
        EXPECT_NE(NatsUser(nats(), user).publish("payment.created", created), "") << user;
    EXPECT_EQ(pay(buyer.at(url()), placed.at("id")).status, 201);  // the true payment still works
    EXPECT_TRUE(fleet::becomes_true([&] { return status() == "complete"; }, 20s, 20ms));
}

// The command runs beside the services, with the settings of auth.
TEST_F(ForgedEvents, a_withdrawn_key_is_refused_by_every_service) {
    auto user = sign_up(url());
    auto statuses = [&] {
        std::vector<int> all;
        for (const auto* path :
             {"/api/orders", "/api/tickets/mine", "/api/payments/balance", "/api/users/sessions"})
            all.push_back(user.at(url()).get(path).status);
        return all;
    };
    EXPECT_TRUE(fleet::becomes_true([&] { return statuses() == std::vector(4, 200); }, 5s, 20ms));
    fleet::Variables settings;
    auto pid = fleet_->replicas_of("auth").front()->process().id();
    std::stringstream environment{read_file("/proc/" + std::to_string(pid) + "/environ")};
    for (std::string each; std::getline(environment, each, '\0');)
        settings.emplace(each.substr(0, each.find('=')), each.substr(each.find('=') + 1));
    auto program = std::filesystem::path{stagedoor_program()}.parent_path() / "stagedoor-auth";
    auto done = fleet::run(program, {"retire-key", "all"}, settings);
    ASSERT_EQ(done.exit.code, 0) << done.errors;
    EXPECT_TRUE(fleet::becomes_true([&] { return statuses() == std::vector(4, 401); }, 5s, 20ms));
    auto signed_in_again = [&] {
        auto again = sign_up(url());
        return again.at(url()).get("/api/orders").status == 200;
    };
    EXPECT_TRUE(fleet::becomes_true(signed_in_again, 5s, 100ms));
}

}  // namespace
}  // namespace stagedoor::testing
