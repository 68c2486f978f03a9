// The pages about a visitor's tickets: list, ticket, sheet, calendar file, passing on, and what is kept.
#include "common/service/cell_client.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto valid_pass =
    R"json({"id":"pass-1","serial":"1f8b4400ff102030","number":2,"ticketId":"concert","orderId":"order-1",
    "title":"Bach & <b>Sons</b>","startsAt":"2026-05-02T17:30:00.000Z","timeZone":"Europe/Berlin",
    "venue":"Alte Oper","city":"Frankfurt","seats":"Row 7","status":"valid","generation":1,
    "createdAt":"2026-01-01T00:00:00.000Z","transfers":"allowed","transfersLeft":2,"version":1,
    "code":"212Q6JE:JK:3%Q81BW5341003.O4B9 X94HU%TOI.TW.MBJQ:IAPVJD 0YI2WNBR-HZ:)json"
    R"json(3BPS- 4N0G3PS23A334JFTP4L/I2PEW6Q0:M6M4D.:DXG6CFL$I3",
    "history":[{"generation":1,"since":"2026-01-01T00:00:00.000Z","reason":"issued"}]})json";
constexpr auto link_of_pass = "https://tickets.example/transfer#transfer-1.mac";

// With parts of it replaced.
std::string pass_with(std::initializer_list<std::pair<std::string_view, std::string_view>> changes) {
    std::string pass = valid_pass;
    for (auto [from, to] : changes) {
        auto at = pass.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        pass.replace(at, from.size(), to);
    }
    return pass;
}

struct Tickets : Pages {
    void show(const std::string& pass) { services.respond("GET /api/admissions/passes/pass-1", 200, pass); }
};

TEST_F(Tickets, are_listed_page_by_page) {
    services.respond("GET /api/admissions/passes", 200, "[" + std::string{valid_pass} + "]",
                     {{"Link", R"(</api/admissions/passes?limit=20&after=c%20d>; rel="next")"}});
    auto page = open_as("buyer", "/my/tickets").expect(200, "Bach &amp; &lt;b&gt;Sons&lt;/b&gt;");
    for (auto part : {"Ticket 2", "Sat 2 May 2026, 19:30", "Alte Oper, Frankfurt",
                      "href=\"/my/tickets/pass-1\"", "/my/tickets?after=c%20d", "Valid"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(page.headers["Offline-Copy"], "buyer");
    open_as("buyer", "/my/tickets?after=c%20d");
    EXPECT_EQ(services.last(http::Method::get, "/api/admissions/passes").target,
              "/api/admissions/passes?limit=20&after=c%20d");
    services.respond("GET /api/admissions/passes", 200, "[]");
    open_as("buyer", "/my/tickets").expect(200, "No tickets yet");
}

TEST_F(Tickets, of_a_cell_that_is_down_are_missed) {
    EXPECT_FALSE(has(open_as("buyer", "/my/tickets"), "We can’t show all"));
    services.respond("GET /api/admissions/passes", 200, "[]", {{CellClient::missing_cells, "b"}});
    open_as("buyer", "/my/tickets").expect(200, "We can’t show all of your tickets right now");
}

TEST_F(Tickets, need_a_session) {
    for (auto path : {"/my/tickets", "/my/tickets/pass-1", "/orders/order-1/tickets"})
        EXPECT_TRUE(location(open(path).expect(303)).starts_with("/auth/signin?next=")) << path;
}

TEST_F(Tickets, show_their_code_without_javascript) {
    show(valid_pass);
    auto page = open_as("buyer", "/my/tickets/pass-1").expect(200, "QR code of Ticket 2");
    EXPECT_TRUE(has(page, "viewBox=\"0 0 45 45\"")) << "version 5 with its quiet zone";
    EXPECT_TRUE(has(page, "1F8B 4400 FF10 2030"));
    EXPECT_TRUE(has(page, "/my/tickets/pass-1/calendar.ics"));
    EXPECT_TRUE(has(page, "Create a link"));
    EXPECT_TRUE(has(page, "2 more times"));
    EXPECT_FALSE(has(page, "data-rotating"));
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    EXPECT_EQ(page.headers["Offline-Copy"], "buyer");
}

TEST_F(Tickets, of_others_and_unknown_ones_are_rejected_and_never_kept) {
    services.respond("GET /api/admissions/passes/pass-1", 403,
                     R"({"errors":[{"message":"This ticket is somebody else's"}]})");
    auto page = open_as("other", "/my/tickets/pass-1").expect(403, "somebody else");
    EXPECT_FALSE(page.headers.has("Offline-Copy"));
    open_as("buyer", "/my/tickets/nothing").expect(404);
    services.down = {"admissions"};
    open_as("buyer", "/my/tickets/pass-1").expect(503, "Tickets are unavailable right now");
}

TEST_F(Tickets, that_rotate_leave_their_code_to_the_script) {
    show(pass_with({{"\"history\"", R"("rotation":{"secret":"AAEC","stepSeconds":15},"history")"}}));
    auto page = open_as("buyer", "/my/tickets/pass-1").expect(200, "data-secret=\"AAEC\" data-step=\"15\"");
    EXPECT_TRUE(has(page, "data-rotating=\"212Q6JE:JK:3%Q81BW")) << "spaces and all";
    EXPECT_TRUE(has(page, "Turn on JavaScript"));
    EXPECT_FALSE(has(page, "viewBox=\"0 0 45 45\"")) << "a still code would be refused";
}

TEST_F(Tickets, that_are_void_or_used_say_so) {
    show(pass_with({{"\"status\":\"valid\"", "\"status\":\"revoked\""}, {"\"code\":", "\"old\":"}}));
    auto page = open_as("buyer", "/my/tickets/pass-1").expect(200, "This ticket is void");
    EXPECT_FALSE(has(page, "Create a link"));
    EXPECT_FALSE(has(page, "<svg viewBox=\"0 0 45"));
    show(pass_with({{"\"status\":\"valid\"", R"("status":"used","admittedAt":"2026-05-02T17:10:00.000Z")"}}));
    page = open_as("buyer", "/my/tickets/pass-1").expect(200, "Came in");
    EXPECT_TRUE(has(page, "Sat 2 May 2026, 17:10 UTC"));
    EXPECT_FALSE(has(page, "Create a link"));
}

TEST_F(Tickets, that_may_not_be_passed_on_say_so) {
    show(pass_with({{"\"transfers\":\"allowed\"", "\"transfers\":\"forbidden\""}}));
    auto page = open_as("buyer", "/my/tickets/pass-1").expect(200, "can’t be passed on");
    EXPECT_FALSE(has(page, "Create a link"));
    show(pass_with({{"\"transfersLeft\":2", "\"transfersLeft\":0"}}));
    EXPECT_FALSE(has(open_as("buyer", "/my/tickets/pass-1"), "Create a link"));
}

TEST_F(Tickets, have_a_calendar_file) {
    show(valid_pass);
    auto file = open_as("buyer", "/my/tickets/pass-1/calendar.ics").expect(200, "DTSTART:20260502T173000Z");
    EXPECT_EQ(file.headers["Content-Type"], "text/calendar; charset=utf-8");
    EXPECT_TRUE(has(file, "UID:order-1.concert@stagedoor")) << "as in the email";
    show(pass_with({{"\"startsAt\"", "\"startedAt\""}}));
    open_as("buyer", "/my/tickets/pass-1/calendar.ics").expect(404);
}

TEST_F(Tickets, are_passed_on_by_a_link_that_is_on_no_kept_page) {
    show(pass_with({{"\"transfers\"",
                     R"("offer":{"id":"transfer-1","createdAt":"2026-01-01T00:00:00.000Z"},"transfers")"}}));
    services.respond(
        "POST /api/admissions/passes/pass-1/transfer", 201,
        R"({"id":"transfer-1","passId":"pass-1","createdAt":"2026-01-01T00:00:00.000Z","link":")" +
            std::string{link_of_pass} + "\"}");
    auto sent = submit_as("buyer", "/my/tickets/pass-1/transfer", "").expect(200, link_of_pass);
    EXPECT_FALSE(sent.headers.has("Offline-Copy"));
    EXPECT_EQ(sent.headers["Cache-Control"], "no-store");
    EXPECT_EQ(sent.headers["Referrer-Policy"], "strict-origin");
    auto page = open_as("buyer", "/my/tickets/pass-1").expect(200, "Waiting to be claimed");
    EXPECT_FALSE(has(page, "transfer-1.mac"));
    EXPECT_TRUE(has(page, "name=\"offer\" value=\"transfer-1\""));
}

TEST_F(Tickets, whose_transfer_is_refused_say_why) {
    show(valid_pass);
    services.respond("POST /api/admissions/passes/pass-1/transfer", 409,
                     R"({"errors":[{"message":"This ticket has been used"}]})");
    follow("buyer", submit_as("buyer", "/my/tickets/pass-1/transfer", ""))
        .expect(200, "This ticket has been used");
    services.respond("DELETE /api/admissions/transfers/transfer-1", 409,
                     R"({"errors":[{"message":"It has been claimed"}]})");
    follow("buyer", submit_as("buyer", "/my/tickets/pass-1/transfer/revoke", "offer=transfer-1"))
        .expect(200, "It has been claimed");
}

TEST_F(Tickets, whose_link_is_taken_back_say_so) {
    show(valid_pass);
    services.respond("DELETE /api/admissions/transfers/transfer-1", 204, "");
    auto sent = submit_as("buyer", "/my/tickets/pass-1/transfer/revoke", "offer=transfer-1").expect(303);
    EXPECT_EQ(location(sent), "/my/tickets/pass-1?done=revoked");
    open_as("buyer", location(sent)).expect(200, "The link no longer works.");
}

TEST_F(Tickets, of_an_order_are_printed_one_per_block) {
    services.respond("GET /api/admissions/passes", 200, "[" + std::string{valid_pass} + "]");
    show(valid_pass);
    auto page = open_as("buyer", "/orders/order-1/tickets").expect(200, "class=\"printed\"");
    for (auto part : {"viewBox=\"0 0 45 45\"", "Bach &amp;", "Sat 2 May 2026, 19:30", "Alte Oper, Frankfurt",
                      "Row 7", "Ticket 2", "1F8B 4400 FF10 2030", "Order order-1"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(services.last(http::Method::get, "/api/admissions/passes").target,
              "/api/admissions/passes?limit=50&orderId=order-1");
    show(pass_with({{"\"history\"", R"("rotation":{"secret":"AAEC","stepSeconds":15},"history")"}}));
    open_as("buyer", "/orders/order-1/tickets").expect(200, "on your phone");
    services.respond("GET /api/admissions/passes", 200, "[]");
    open_as("buyer", "/orders/order-1/tickets").expect(200, "No tickets here");
}

TEST_F(Tickets, a_paid_order_leads_to_them) {
    std::string paid = held_order;
    paid.replace(paid.find("\"created\""), 9, "\"complete\"");
    services.respond("GET /api/orders/order-1", 200, paid);
    services.respond("GET /api/payments", 200, "[]");
    open_as("buyer", "/orders/order-1").expect(200, "href=\"/orders/order-1/tickets\"");
    services.respond("GET /api/orders/order-1", 200, held_order);
    EXPECT_FALSE(has(open_as("buyer", "/orders/order-1"), "Print tickets"));
}

// ---- claiming

constexpr auto shown = R"json({"id":"transfer-1","title":"Bach","startsAt":"2026-05-02T17:30:00.000Z",
    "timeZone":"Europe/Berlin","venue":"Alte Oper","status":"open"})json";

struct Claims : Tickets {
    void SetUp() override { services.respond("POST /api/admissions/transfers/show", 200, shown); }
    testing::Response paste(const std::string& more = "") {
        return submit_as("friend", "/transfer",
                         "token=https%3A%2F%2Ftickets.example%2Ftransfer%23transfer-1.mac" + more);
    }
};

TEST_F(Claims, begin_with_the_link_which_no_server_sees) {
    auto page = open("/transfer").expect(200, "Paste the whole link");
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    EXPECT_EQ(page.headers["Referrer-Policy"], "strict-origin");
    EXPECT_TRUE(services.requests.empty());
}

TEST_F(Claims, show_the_ticket_first_and_claim_nothing) {
    auto page = paste().expect(200, "Claim this ticket");
    EXPECT_TRUE(has(page, "Sat 2 May 2026, 19:30"));
    EXPECT_EQ(services.last(http::Method::post).body, R"({"token":"transfer-1.mac"})");
    EXPECT_EQ(services.calls("/api/admissions/transfers/claim"), 0);
    auto visitor = browser().post("/transfer", "token=transfer-1.mac").expect(200, "Sign in to claim it");
    EXPECT_FALSE(has(visitor, "Claim this ticket"));
}

TEST_F(Claims, lead_to_the_ticket) {
    services.respond("POST /api/admissions/transfers/claim", 200, valid_pass);
    auto sent = paste("&claim=yes").expect(303);
    EXPECT_EQ(location(sent), "/my/tickets/pass-1?done=claimed");
    show(valid_pass);
    open_as("friend", location(sent)).expect(200, "This ticket is yours now.");
}

TEST_F(Claims, need_a_session_and_keep_no_token) {
    auto sent = browser().post("/transfer", "token=transfer-1.mac&claim=yes").expect(303);
    EXPECT_TRUE(location(sent).starts_with("/auth/signin?next=%2Ftransfer"));
    EXPECT_EQ(location(sent).find("mac"), std::string::npos);
}

TEST_F(Claims, that_come_too_late_say_so) {
    services.respond("POST /api/admissions/transfers/show", 200, R"({"title":"Bach","status":"claimed"})");
    EXPECT_FALSE(has(paste().expect(200, "Somebody has claimed this ticket."), "Claim this ticket"));
    services.respond("POST /api/admissions/transfers/show", 200, R"({"title":"Bach","status":"revoked"})");
    EXPECT_FALSE(has(paste().expect(200, "This link no longer works."), "Claim this ticket"));
    services.respond("POST /api/admissions/transfers/claim", 409,
                     R"({"errors":[{"message":"It has been claimed"}]})");
    follow("friend", paste("&claim=yes")).expect(200, "It has been claimed");
}

TEST_F(Claims, of_an_unknown_or_missing_link_are_explained) {
    services.respond("POST /api/admissions/transfers/show", 404,
                     R"({"errors":[{"message":"No such transfer"}]})");
    follow("friend", paste()).expect(200, "We don’t know this link");
    follow("friend", submit_as("friend", "/transfer", "token=")).expect(200, "Paste the whole link");
}

}  // namespace
}  // namespace stagedoor::client
