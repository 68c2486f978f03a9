// What each user of the bus may do, tried with each user's password at a real nats-server with the generated
// permissions.
#include "common/bus/jetstream/permissions.hpp"

#include <gtest/gtest.h>

#include "common/runtime/temporary_folder.hpp"
#include "services/service_names.hpp"
#include "tests/security/nats_user.hpp"

namespace stagedoor::testing {
namespace {

std::map<std::string, std::string> passwords() {
    std::map<std::string, std::string> all{{"cluster", "scluster"}};
    for (const auto& service : service_names()) all[service] = "s" + service;
    all[std::string{bus::listener_user}] = "slistener";
    return all;
}

std::vector<std::string> users() {
    auto all = service_names();
    all.emplace_back(bus::listener_user);
    return all;
}

std::string stream_config(const std::string& service, const std::string& more = "") {
    std::string subjects;
    auto published = bus::published_entities();
    for (const auto& entity : published.at(service))
        subjects += (subjects.empty() ? "\"" : ",\"") + entity + ".>\"";
    return R"({"name":"stagedoor-)" + service + R"(","subjects":[)" + subjects + "]" + more + "}";
}

std::string consumer_config(const std::string& stream, const std::string& consumer, const std::string& filter,
                            const std::string& more = "") {
    return R"({"stream_name":")" + stream + R"(","config":{"name":")" + consumer + R"(","durable_name":")" +
           consumer + R"(","filter_subject":")" + filter + R"(","ack_policy":"explicit")" + more + "}}";
}

// With each service's stream, and a consumer of orders on that of payments.
class NatsPermissions : public ::testing::Test {
  protected:
    NatsPermissions() {
        server_.start();
        for (const auto& [service, entities] : bus::published_entities())
            expect_success(NatsUser{server_, service}.request("$JS.API.STREAM.CREATE.stagedoor-" + service,
                                                              stream_config(service)));
        expect_success(NatsUser{server_, "orders"}.request(
            "$JS.API.CONSUMER.CREATE.stagedoor-payments.orders-payment.payment.>",
            consumer_config("stagedoor-payments", "orders-payment", "payment.>")));
    }
    ~NatsPermissions() override { server_.kill(); }

    static void expect_success(const std::string& response) {
        EXPECT_FALSE(response.empty());
        EXPECT_EQ(response.find("\"error\""), std::string::npos) << response;
        EXPECT_FALSE(response.starts_with("denied")) << response;
    }
    static void expect_denied(const std::string& result, const std::string& what) {
        EXPECT_NE(result.find("Permissions Violation"), std::string::npos)
            << what << " got '" << result << "'";
    }

    runtime::TemporaryFolder folder_;
    fleet::NatsServer server_{folder_.path() / "nats", fleet::NatsServer::Options{.passwords = passwords()}};
};

TEST_F(NatsPermissions, events_are_published_by_their_service_alone) {
    for (const auto& name : users()) {
        NatsUser user{server_, name};
        for (const auto& [service, entities] : bus::published_entities()) {
            for (const auto& entity : entities) {
                auto denied = user.publish(entity + ".forged", "{}");
                if (name == service)
                    EXPECT_EQ(denied, "") << entity;
                else
                    expect_denied(denied, name + " publishing " + entity);
            }
        }
    }
}

TEST_F(NatsPermissions, hints_and_responses_reach_their_service_alone) {
    for (const auto& name : users()) {
        NatsUser user{server_, name};
        for (const auto& service : service_names()) {
            auto hint = "hint." + service + ".applied", inbox = bus::inbox_prefix(service) + "x";
            expect_denied(user.publish(inbox, "{}"), name + " responding to " + service);
            if (name == service) {
                EXPECT_EQ(user.publish(hint, "{}") + user.subscribe(hint) + user.subscribe(inbox + ".>"), "");
                continue;
            }
            expect_denied(user.publish(hint, "{}"), name + " publishing a hint of " + service);
            expect_denied(user.subscribe(hint), name + " receiving the hints of " + service);
            expect_denied(user.subscribe(inbox), name + " receiving responses to " + service);
            expect_denied(user.subscribe(bus::inbox_prefix(service) + ">"), name);
        }
        for (const auto* subject : {">", "*", "hint.>", "*.>", "key.>", "payment.created", "$JS.>", "$SYS.>",
                                    "_INBOX_*.>", "$JS.API.STREAM.CREATE.*"})
            expect_denied(user.subscribe(subject), name + " subscribing to " + subject);
    }
}

TEST_F(NatsPermissions, changes_of_listings_and_orders_reach_the_pages_alone) {
    for (const std::string service : {"tickets", "orders"}) {
        auto changed = "hint." + service + ".changed";
        for (const auto& name : users()) {
            NatsUser user{server_, name};
            if (name == "client")
                EXPECT_EQ(user.subscribe(changed), "");
            else if (name != service)
                expect_denied(user.subscribe(changed), name + " receiving the changes of " + service);
            if (name != service) expect_denied(user.publish(changed, ""), name + " announcing changes");
        }
    }
}

TEST_F(NatsPermissions, a_stream_is_managed_by_its_service_alone) {
    for (const auto& name : users()) {
        NatsUser user{server_, name};
        for (const auto& [service, entities] : bus::published_entities()) {
            if (name == service) continue;
            auto stream = "stagedoor-" + service;
            for (const auto* request :
                 {"STREAM.CREATE.", "STREAM.UPDATE.", "STREAM.DELETE.", "STREAM.PURGE.", "STREAM.MSG.GET.",
                  "STREAM.MSG.DELETE.", "STREAM.SNAPSHOT.", "STREAM.RESTORE.", "STREAM.LEADER.STEPDOWN.",
                  "DIRECT.GET.", "CONSUMER.LIST.", "CONSUMER.NAMES."})
                expect_denied(user.publish(std::string{"$JS.API."} + request + stream, "{}"),
                              name + " " + request);
        }
        for (const auto* subject :
             {"$JS.API.STREAM.CREATE.mine", "$JS.API.STREAM.LIST", "$JS.API.ACCOUNT.PURGE.x",
              "$JS.API.SERVER.REMOVE", "$SYS.REQ.SERVER.PING", "$JS.API.CONSUMER.CREATE.stagedoor-auth",
              "$JS.API.CONSUMER.DURABLE.CREATE.stagedoor-auth.mine"})
            expect_denied(user.publish(subject, "{}"), name + " " + subject);
    }
}

TEST_F(NatsPermissions, a_consumer_is_used_by_its_service_alone) {
    const std::string consumer = "stagedoor-payments.orders-payment";
    for (const auto& name : users()) {
        if (name == "orders") continue;
        NatsUser user{server_, name};
        for (const auto& subject :
             {"$JS.API.CONSUMER.CREATE." + consumer + ".payment.>", "$JS.API.CONSUMER.MSG.NEXT." + consumer,
              "$JS.ACK." + consumer + ".1.1.1.1.0"})
            expect_denied(user.publish(subject, "{}"), name + " " + subject);
        // The owner of the stream repairs consumers that are ahead of it.
        for (const auto& subject :
             {"$JS.API.CONSUMER.INFO." + consumer, "$JS.API.CONSUMER.DELETE." + consumer}) {
            if (name != "payments") expect_denied(user.publish(subject), name + " " + subject);
        }
    }
}

// The filter is part of the request's subject, and the server compares the two.
TEST_F(NatsPermissions, a_consumer_has_the_events_that_its_service_subscribes_to_and_no_others) {
    NatsUser orders{server_, "orders"};
    for (const auto* filter : {">", "user.>", "link.>"}) {
        expect_denied(
            orders.publish(std::string{"$JS.API.CONSUMER.CREATE.stagedoor-auth.orders-key."} + filter, "{}"),
            filter);
        auto response = orders.request("$JS.API.CONSUMER.CREATE.stagedoor-auth.orders-key.key.>",
                                       consumer_config("stagedoor-auth", "orders-key", filter));
        EXPECT_NE(response.find("\"error\""), std::string::npos) << filter << ": " << response;
    }
    expect_success(orders.request("$JS.API.CONSUMER.CREATE.stagedoor-auth.orders-key.key.>",
                                  consumer_config("stagedoor-auth", "orders-key", "key.>")));
}

TEST_F(NatsPermissions, the_listener_reads_through_consumers_of_its_own) {
    NatsUser listener{server_, "listener"};
    auto found = listener.request("$JS.API.STREAM.NAMES", R"({"subject":"order.completed"})");
    EXPECT_NE(found.find("stagedoor-orders"), std::string::npos) << found;
    expect_success(listener.request("$JS.API.CONSUMER.CREATE.stagedoor-orders.listener-order.order.>",
                                    consumer_config("stagedoor-orders", "listener-order", "order.>")));
    EXPECT_EQ(NatsUser(server_, "orders").publish("order.created", "an order"), "");
    EXPECT_EQ(listener.request("$JS.API.CONSUMER.MSG.NEXT.stagedoor-orders.listener-order", R"({"batch":1})"),
              "an order");
    expect_denied(listener.publish("$JS.API.CONSUMER.CREATE.stagedoor-auth.listener-user.user.>", "{}"),
                  "user");
}

TEST_F(NatsPermissions, nobody_connects_without_a_password) {
    EXPECT_THROW(NatsUser(server_, "cluster"), std::runtime_error);  // only servers know that one
    fleet::NatsServer other{
        folder_.path() / "other",
        fleet::NatsServer::Options{.port = server_.port(), .passwords = {{"orders", "wrong"}}}};
    EXPECT_THROW(NatsUser(other, "orders"), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::testing
