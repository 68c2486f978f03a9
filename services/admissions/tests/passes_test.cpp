#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct IssuePasses : Test {};

TEST_F(IssuePasses, one_for_each_unit_of_a_paid_order) {
    lists();
    lists("play");
    buys("order", "buyer", {{"concert", 2}, {"play", 1}});
    auto page = passes();
    ASSERT_EQ(page.count(), 3u);
    std::set<std::string> serials;
    std::vector<std::string> numbers;
    for (int i = 0; i < 3; ++i) {
        auto at = [&](const std::string& name) { return page.at("[" + std::to_string(i) + "]." + name); };
        serials.insert(at("serial"));
        numbers.push_back(at("ticketId") + " " + at("number"));
        EXPECT_EQ(at("orderId"), "order");
        EXPECT_EQ(at("generation"), "1");
        EXPECT_EQ(at("status"), "valid");
        EXPECT_EQ(at("venue"), "Alte Oper");
    }
    EXPECT_EQ(serials.size(), 3u);
    EXPECT_EQ(numbers, (std::vector<std::string>{"concert 1", "concert 2", "play 1"}));
    EXPECT_TRUE(admissions.all_published().empty()) << "no event for each pass";
}

TEST_F(IssuePasses, once_whatever_is_delivered_twice) {
    lists();
    buys("order", "buyer", {{"concert", 2}});
    buys("order", "buyer", {{"concert", 2}});
    admissions.restart();
    buys("order", "buyer", {{"concert", 2}});
    EXPECT_EQ(passes().count(), 2u);
}

// What is issued in one transaction has many rows; the events of a busy sale come in batches.
TEST_F(IssuePasses, for_many_orders_at_once) {
    lists();
    std::vector<bus::Event> events;
    for (int i = 0; i < 300; ++i) {
        contracts::OrderCompleted event{order("order" + std::to_string(i), "buyer", {{"concert", 3}}, 1)};
        events.push_back({std::string{event.subject},
                          "orders",
                          event.entity_id(),
                          1,
                          admissions.clock.now(),
                          {},
                          json::to_json(event)});
    }
    admissions.receives_all(events);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes"), 900);
    EXPECT_EQ(admissions.number("SELECT count(DISTINCT serial) FROM passes"), 900);
}

// A new service reads all history: orders that were paid before it existed, and what became of them.
TEST_F(IssuePasses, for_orders_that_were_paid_before_the_service_existed) {
    contracts::OrderVoided voided;
    static_cast<contracts::OrderState&>(voided) = order("old", "buyer", {{"concert", 2}}, 5);
    voided.ticket_id = TicketId{"concert"};
    auto created = contracts::OrderCreated{order("old", "buyer", {{"concert", 2}}, 1)};
    auto awaiting = contracts::OrderAwaiting{order("old", "buyer", {{"concert", 2}}, 2)};
    auto completed = contracts::OrderCompleted{order("old", "buyer", {{"concert", 2}}, 3)};
    admissions.receives(created, awaiting, completed);
    EXPECT_EQ(passes().count(), 2u) << "even before the listing is known";
    EXPECT_EQ(passes().at("[0].title"), "The concert");
    lists();
    EXPECT_EQ(passes().at("[0].venue"), "Alte Oper");
    voided.version = 4;
    admissions.receives(voided);
    EXPECT_EQ(passes().at("[0].status"), "revoked");
}

struct RevokePasses : Test {};

TEST_F(RevokePasses, of_the_void_line_of_an_order) {
    lists();
    lists("play");
    buys("order", "buyer", {{"concert", 2}, {"play", 1}});
    voids("order", "concert", {{"concert", 2}, {"play", 1}});
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoked'"), 2);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM dead_generations"), 2);
    EXPECT_EQ(passes().at("[2].ticketId"), "play");
    EXPECT_EQ(passes().at("[2].status"), "valid");
    voids("order", "concert", {{"concert", 2}, {"play", 1}});
    EXPECT_EQ(admissions.number("SELECT revoked_version FROM listings WHERE id = 'concert'"), 1);
}

struct ListPasses : Test {};

TEST_F(ListPasses, newest_first_in_pages_and_by_order) {
    lists();
    for (int i = 0; i < 3; ++i) {
        buys("order" + std::to_string(i));
        admissions.clock.advance(1ms);
    }
    buys("foreign", "another");
    auto first = passes("buyer", "?limit=2");
    ASSERT_EQ(first.count(), 2u);
    EXPECT_EQ(first.at("[0].orderId"), "order2");
    auto link = std::string{first.header("Link")};
    auto rest = admissions.as("buyer").get(link.substr(1, link.find('>') - 1)).expect(200);
    ASSERT_EQ(rest.count(), 1u);
    EXPECT_EQ(rest.at("[0].orderId"), "order0");
    EXPECT_EQ(passes("buyer", "?orderId=order1").count(), 1u);
    EXPECT_EQ(passes("buyer", "?orderId=foreign").count(), 0u);
}

TEST_F(ListPasses, rejects_an_invalid_limit_or_cursor) {
    admissions.as("buyer").get("/api/admissions/passes?limit=0").expect(400).expect_field("limit");
    admissions.as("buyer").get("/api/admissions/passes?after=x").expect(400).expect_field("after");
}

TEST_F(ListPasses, requires_a_session) { admissions.get("/api/admissions/passes").expect(401); }

TEST_F(ListPasses, waits_for_an_order_that_was_paid_a_moment_ago) {
    lists();
    auto id = runtime::new_uuid(admissions.random, admissions.clock.now());
    std::thread later{[&] { buys(id); }};
    Response response;
    eventually([&] {
        response = passes("buyer", "?orderId=" + id);
        return response.count() == 1;
    });
    later.join();
    EXPECT_EQ(response.at("[0].orderId"), id);
}

struct ShowPass : Test {};

TEST_F(ShowPass, has_a_code_that_the_public_key_verifies) {
    lists();
    EXPECT_EQ(admissions.get("/api/admissions/listings/concert/keys").expect(200).count("keys"), 0u);
    buys("order");
    auto pass = show(pass_of()).expect(200);
    auto keys = admissions.get("/api/admissions/listings/concert/keys").expect(200);
    ASSERT_EQ(keys.count("keys"), 1u);
    auto code = code::parse(pass.at("code")).value();
    security::PublicKey key{};
    auto bytes = security::from_base64url(keys.at("keys[0].publicKey")).value();
    std::ranges::copy(bytes, key.begin());
    EXPECT_TRUE(code::verify(code, "concert", key));
    EXPECT_FALSE(code::verify(code, "play", key));
    EXPECT_EQ(code::to_hex(code.serial), pass.at("serial"));
    EXPECT_EQ(code.generation, 1);
    EXPECT_FALSE(code.rotation);
    EXPECT_EQ(pass.at("code").size(), 120u);
    EXPECT_EQ(pass.count("history"), 1u);
    EXPECT_EQ(pass.at("history[0].reason"), "issued");
    EXPECT_EQ(pass.at("rotation.secret"), "");
}

TEST_F(ShowPass, keeps_its_code_after_a_restart) {
    lists();
    auto code = sold_code();
    admissions.restart();
    EXPECT_EQ(code_of(pass_of()), code);
}

TEST_F(ShowPass, has_no_code_if_the_secret_was_replaced) {
    lists();
    (void)sold_code();
    admissions.restart_with(Settings{.secret = "another secret for tests"});
    show(pass_of()).expect(500);
}

TEST_F(ShowPass, has_the_secret_of_a_code_that_changes) {
    lists();
    set(R"({"transfers":"allowed","rotating":true,"reentry":"none","mode":"strict"})");
    buys("order");
    auto pass = show(pass_of()).expect(200);
    EXPECT_EQ(pass.at("rotation.stepSeconds"), "15");
    EXPECT_EQ(security::from_base64url(pass.at("rotation.secret")).value().size(), 32u);
}

TEST_F(ShowPass, has_no_code_once_revoked) {
    lists();
    buys("order");
    voids("order");
    auto pass = show(pass_of()).expect(200);
    EXPECT_EQ(pass.at("status"), "revoked");
    EXPECT_EQ(pass.at("code"), "");
}

TEST_F(ShowPass, is_for_its_holder) {
    lists();
    buys("order");
    auto id = pass_of();
    show(id, "another").expect(403);
    admissions.get("/api/admissions/passes/" + id).expect(401);
    show("nothing").expect(404);
}

TEST_F(ShowPass, shows_keys_of_known_listings_only) {
    admissions.get("/api/admissions/listings/nothing/keys").expect(404);
}

}  // namespace stagedoor::admissions
