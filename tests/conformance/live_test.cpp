// GET /live, as specified in docs/contract.md: through the gateway and at one replica alone.
#include <list>

#include "testing/http/raw_connection.hpp"
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

// A browser that listens.
struct Listener {
    RawConnection connection;

    Listener(std::uint16_t port, const std::string& topics, const std::string& headers = "")
        : connection(port) {
        connection.send("GET /live?" + topics + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
    }
    // The next one of that name, with the given text in its data.
    std::string event(std::string_view name, std::string_view part, std::chrono::milliseconds timeout = 15s) {
        connection.read_through("event: " + std::string{name} + "\ndata: ", timeout);
        connection.read_through(part, timeout);
        return connection.read_through("\n\n", timeout);
    }
};

// Enough that in the other shapes each of the two replicas has some.
std::list<Listener> listen(const std::string& topics, const std::string& headers = "", int count = 6) {
    std::list<Listener> listeners;
    for (int i = 0; i < count; ++i) listeners.emplace_back(shared().marketplace->port(), topics, headers);
    return listeners;
}

TEST(Live, a_purchase_changes_what_others_see) {
    auto id = list_ticket(shared().seller(), {.quantity = 2});
    auto listeners = listen("tickets=" + id);
    for (auto& each : listeners) {
        auto head = each.connection.read();
        head.expect(200);
        EXPECT_EQ(head.headers["Content-Type"], "text/event-stream");
        EXPECT_EQ(head.headers["Cache-Control"], "no-store");
        each.event("ticket", "Only 2 left");
    }
    auto held = order(shared().buyer(), {{id, 2}}).expect(201);
    for (auto& each : listeners) each.event("ticket", "Sold out", 1s);
    shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
    for (auto& each : listeners) each.event("ticket", "Only 2 left", 2s);
}

TEST(Live, says_what_a_seller_changes) {
    auto id = list_ticket(shared().seller(), {.title = "Before", .price = "10.00", .quantity = 3});
    auto listeners = listen("tickets=" + id);
    for (auto& each : listeners) each.event("ticket", "$10.00");
    shared()
        .seller()
        .put("/api/tickets/" + id, R"({"title":"After","price":12.50,"quantity":3})")
        .expect(200);
    for (auto& each : listeners) EXPECT_TRUE(each.event("ticket", "\"state\":\"2-").contains("$12.50"));
    shared().seller().delete_("/api/tickets/" + id).expect(204);
    for (auto& each : listeners) EXPECT_TRUE(each.event("ticket", "\"state\":\"3-off").contains("Withdrawn"));
}

TEST(Live, pages_that_are_fetched_after_an_event_are_not_older) {
    for (int i = 0; i < 5; ++i) {
        auto id = list_ticket(shared().seller(), {.quantity = 1});
        Listener listener{shared().marketplace->port(), "tickets=" + id};
        listener.event("ticket", "on-sale");
        auto page = shared().anonymous().with("Accept", "text/html");
        page.get("/tickets/" + id).expect(200, "Hold now");  // kept, here and there
        auto held = order(shared().buyer(), {{id}}).expect(201);
        auto id_line = listener.connection.read_through("event: ticket");
        auto at = id_line.rfind("id: ") + 4;
        auto event = id_line.substr(at, id_line.find('\n', at) - at);
        for (int replica = 0; replica < 4; ++replica)
            page.get("/tickets/" + id + "?live=" + event).expect(200, "Sold out");
        shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
    }
}

TEST(Live, informs_buyers_when_their_order_is_paid) {
    auto id = list_ticket(shared().seller(), {.quantity = 1});
    auto held = order(shared().buyer(), {{id}}).expect(201).at("id");
    auto mine = listen("orders=" + held, "Cookie: " + shared().ben.cookie + "\r\n");
    auto others = listen("orders=" + held, "Cookie: " + shared().eve.cookie + "\r\n", 2);
    for (auto& each : mine) each.event("order", "1-created");
    for (auto& each : others) each.event("gone", held);
    pay(shared().buyer(), held).expect(201);
    for (auto& each : mine) each.event("order", "-complete", 2s);
    shared().anonymous().get("/live?orders=" + held).expect(401);
}

TEST(Live, ends_with_the_session) {
    auto user = sign_up(shared().url);
    auto id = list_ticket(shared().seller(), {.quantity = 1});
    auto held = order(user.at(shared().url), {{id}}).expect(201).at("id");
    auto listeners = listen("orders=" + held, "Cookie: " + user.cookie + "\r\n");
    for (auto& each : listeners) each.event("order", "1-created");
    user.at(shared().url).post("/api/users/signout").expect(200);
    for (auto& each : listeners) {
        each.connection.read_through("event: signed-out", 5s);
        each.connection.read_through("\r\n0\r\n\r\n", 5s);  // nginx keeps the connection
    }
}

TEST(Live, ends_when_its_reader_does_not_need_it) {
    auto id = list_ticket(shared().seller(), {.quantity = 1});
    EXPECT_TRUE(shared().anonymous().head("/live?tickets=" + id).expect(200).body.empty());
    shared().anonymous().get("/live").expect(400, "Say what to follow");
    shared().anonymous().post("/live?tickets=" + id).expect(405);
}

}  // namespace
}  // namespace stagedoor::testing
