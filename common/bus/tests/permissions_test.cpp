// The rules alone; tests/security plays attacks against a real server.
#include "common/bus/jetstream/permissions.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stagedoor::bus {
namespace {

TEST(Permissions, match_whole_tokens) {
    std::vector<std::string> allowed{"order.>", "$JS.API.CONSUMER.INFO.stagedoor-orders.*", "hint.orders"};
    for (const auto* subject : {"order.created", "order.a.b", "order.>", "order.*",
                                "$JS.API.CONSUMER.INFO.stagedoor-orders.x", "hint.orders"})
        EXPECT_TRUE(allows(allowed, subject)) << subject;
    for (const auto* subject :
         {"", ">", "*", "order", "orders.created", "*.created", "hint.>", "hint.*", "hint.orders.x",
          "$JS.API.CONSUMER.INFO.stagedoor-orders", "$JS.API.CONSUMER.INFO.stagedoor-orders.x.y",
          "$JS.API.CONSUMER.INFO.stagedoor-orders.>", "$JS.API.CONSUMER.INFO.stagedoor-tickets.x"}) {
        EXPECT_FALSE(allows(allowed, subject)) << subject;
    }
}

struct Users : ::testing::Test {
    std::vector<NatsUser> all = nats_users({{"auth", {"key"}}, {"shop", {"cart", "move"}}},
                                           {{"auth", {}}, {"shop", {{"auth", {"key"}}}}, {"page", {}}});
    const NatsUser& user(const std::string& name) { return *std::ranges::find(all, name, &NatsUser::name); }
    bool may_publish(const std::string& name, const std::string& subject) {
        return allows(user(name).publish, subject);
    }
};

TEST_F(Users, are_one_for_each_service_and_the_listener) {
    std::vector<std::string> names;
    for (const auto& each : all) names.push_back(each.name);
    EXPECT_EQ(names, (std::vector<std::string>{"auth", "page", "shop", "listener"}));
}

TEST_F(Users, publish_their_own_events_and_read_what_they_subscribe_to) {
    for (const auto* subject :
         {"cart.counted", "move.done", "hint.shop.applied", "$JS.API.STREAM.CREATE.stagedoor-shop",
          "$JS.API.CONSUMER.DELETE.stagedoor-shop.anybodys",
          "$JS.API.CONSUMER.MSG.NEXT.stagedoor-auth.shop-key",
          "$JS.API.CONSUMER.DELETE.stagedoor-auth.shop-key",
          "$JS.API.CONSUMER.CREATE.stagedoor-auth.shop-key.key.>",
          "$JS.ACK.stagedoor-auth.shop-key.1.2.3.4.5"})
        EXPECT_TRUE(may_publish("shop", subject)) << subject;
    for (const auto* subject : {"key.added", "hint.auth.applied", "$JS.API.STREAM.UPDATE.stagedoor-auth",
                                "$JS.API.CONSUMER.CREATE.stagedoor-auth.shop-key",
                                "$JS.API.CONSUMER.CREATE.stagedoor-auth.shop-key.>",
                                "$JS.API.CONSUMER.DURABLE.CREATE.stagedoor-auth.shop-key",
                                "$JS.API.CONSUMER.DELETE.stagedoor-auth.page-key",
                                "$JS.API.STREAM.MSG.GET.stagedoor-auth", "_INBOX_auth.x"})
        EXPECT_FALSE(may_publish("shop", subject)) << subject;
    EXPECT_FALSE(may_publish("page", "page.changed"));
}

TEST_F(Users, receive_only_their_own_responses_and_hints) {
    const auto& allowed = user("shop").subscribe;
    EXPECT_EQ(allowed, (std::vector<std::string>{"_INBOX_shop.>", "hint.shop.>"}));
    EXPECT_TRUE(allows(allowed, inbox_prefix("shop") + "0123.4.>"));
    EXPECT_FALSE(allows(allowed, inbox_prefix("auth") + ">"));
    EXPECT_FALSE(allows(user("listener").subscribe, inbox_prefix("shop") + ">"));
}

TEST_F(Users, receive_the_hints_of_services_that_they_follow_but_send_none_of_them) {
    auto with_hints =
        nats_users({{"shop", {"cart"}}}, {{"shop", {}}, {"page", {}}}, {{"page", {"shop.changed"}}});
    const auto& page = *std::ranges::find(with_hints, "page", &NatsUser::name);
    EXPECT_EQ(page.subscribe, (std::vector<std::string>{"_INBOX_page.>", "hint.page.>", "hint.shop.changed",
                                                        "hint.shop.changed.>"}));
    EXPECT_FALSE(allows(page.publish, "hint.shop.changed"));
    EXPECT_FALSE(allows(page.subscribe, "hint.shop.applied"));
}

TEST_F(Users, include_a_listener_that_reads_all_but_auth_and_publishes_nothing) {
    EXPECT_TRUE(may_publish("listener", "$JS.API.CONSUMER.CREATE.stagedoor-shop.listener-cart.cart.>"));
    EXPECT_FALSE(may_publish("listener", "$JS.API.CONSUMER.CREATE.stagedoor-auth.listener-key.key.>"));
    EXPECT_TRUE(std::ranges::all_of(user("listener").publish,
                                    [](const std::string& subject) { return subject.starts_with("$JS."); }));
}

TEST_F(Users, have_their_passwords_in_the_servers_environment) {
    auto config = to_server_config(all);
    for (const auto* line : {"user: shop\n", "password: $SHOP_NATS_PASSWORD\n", "\"cart.>\"\n"})
        EXPECT_NE(config.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace stagedoor::bus
