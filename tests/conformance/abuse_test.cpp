// What no well-meaning client does.
#include "testing/http/raw_connection.hpp"
#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

Reply raw(const std::string& bytes) {
    RawConnection connection{stage().marketplace->port()};
    (void)connection.send(bytes);
    return connection.read();
}

void expect_refused(const std::string& bytes, int status, Where where = Where::current()) {
    auto reply = raw(bytes);
    reply.expect(status, "\"errors\":[{\"message\":", where);
    EXPECT_FALSE(reply.header("X-Request-Id").empty());
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
}

TEST(Abuse, heads_that_are_too_large_or_malformed_are_refused) {
    expect_refused("GET /api/tickets HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n",
                   431);
    std::string many;
    for (int i = 0; i < 500; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    expect_refused("GET /api/tickets HTTP/1.1\r\nHost: x\r\n" + many + "\r\n", 431);
    expect_refused("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431);
    expect_refused("nonsense\r\n\r\n", 400);
    expect_refused("GET /api/tickets HTTP/2.0\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /api/tickets HTTP/1.1\r\n\r\n", 400);
    expect_refused("GET /api/tickets HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400);
    expect_refused("GET /api/tickets HTTP/1.1\r\nHost: x\r\nBroken Name: y\r\n\r\n", 400);
    expect_refused("GET /api/%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /api/tickets/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /api/../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_refused("GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

TEST(Abuse, requests_that_could_hide_another_are_refused) {
    auto head =
        std::string{"POST /api/users/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"};
    expect_refused(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400);
    expect_refused(head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused(head + "Content-Length: -1\r\n\r\n{}", 400);
    expect_refused(head + "Content-Length: 0x2\r\n\r\n{}", 400);
    expect_refused(head + "Transfer-Encoding: gzip\r\n\r\n", 501);
    expect_refused(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400);
}

TEST(Abuse, bodies_that_are_too_large_are_refused_before_they_are_read) {
    auto head = std::string{"POST /api/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"};
    expect_refused(head + "Content-Length: 100000000\r\n\r\n", 413);
    std::string chunks;
    for (int i = 0; i < 70; ++i) chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
    expect_refused(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n", 413);
}

TEST(Abuse, pipelined_requests_are_answered_in_order) {
    RawConnection connection{stage().marketplace->port()};
    std::string bytes;
    for (int i = 0; i < 20; ++i)
        bytes += "GET /api/tickets/x HTTP/1.1\r\nHost: x\r\nX-Request-Id: number-" + std::to_string(i) +
                 "\r\n\r\n";
    ASSERT_TRUE(connection.send(bytes));
    for (int i = 0; i < 20; ++i) {
        auto reply = connection.read();
        EXPECT_EQ(reply.status, 404);
        EXPECT_EQ(reply.header("X-Request-Id"), "number-" + std::to_string(i));
    }
}

TEST(Abuse, slow_senders_are_told_and_closed_and_hold_up_nobody) {
    std::vector<std::unique_ptr<RawConnection>> idle;
    for (int i = 0; i < 300; ++i) {
        idle.push_back(std::make_unique<RawConnection>(stage().marketplace->server_port()));
        (void)idle.back()->send("GET /api/tickets HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    RawConnection slow_body{stage().marketplace->server_port()};
    (void)slow_body.send(
        "POST /api/users/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
        "100\r\n\r\n{");
    auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) stage().nobody().get("/api/tickets").expect(200);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);

    // A letter a second does not help.
    auto& dripping = *idle.back();
    auto told = comes_true([&] { return !dripping.send("x") || idle.front()->is_closed_within(1s); }, 15s);
    EXPECT_TRUE(told);
    for (auto& each : idle) EXPECT_TRUE(each->is_closed_within(15s));
    auto late = slow_body.read(30s);
    late.expect(408);
    EXPECT_TRUE(slow_body.is_closed_within(5s));
    stage().nobody().get("/readyz").expect(200);
}

TEST(Abuse, other_peoples_ids_open_nothing) {
    auto ticket = list_ticket(stage().seller());
    auto mine = order(stage().buyer(), {{ticket}}).expect(201);
    auto session = stage().buyer().get("/api/users/sessions").expect(200).at("[0].id");
    for (const auto& visitor : {stage().stranger(), stage().seller()}) {
        visitor.get("/api/orders/" + mine.at("id")).expect(403);
        visitor.delete_("/api/orders/" + mine.at("id")).expect(403);
        visitor.delete_("/api/users/sessions/" + session).expect(404);
    }
    stage()
        .stranger()
        .put("/api/tickets/" + ticket, R"({"title":"mine","price":1,"userId":")" + stage().eve.id + R"("})")
        .expect(403);
    auto claimed = stage()
                       .stranger()
                       .post("/api/tickets", R"({"title":"x","price":1,"userId":")" + stage().ada.id +
                                                 R"(","status":"withdrawn","version":9})")
                       .expect(201);
    EXPECT_EQ(claimed.at("userId"), stage().eve.id);
    EXPECT_EQ(claimed.at("status"), "open");
    EXPECT_EQ(claimed.at("version"), "1");
    auto ordered = stage()
                       .buyer()
                       .post("/api/orders", R"({"ticketId":")" + claimed.at("id") +
                                                R"(","userId":"x","total":0,"status":"complete"})")
                       .expect(201);
    EXPECT_EQ(ordered.at("userId"), stage().ben.id);
    EXPECT_EQ(ordered.at("status"), "created");
    EXPECT_EQ(ordered.at("total"), "1.00");
    for (const auto& each : {mine, ordered})
        stage().buyer().delete_("/api/orders/" + each.at("id")).expect(204);
}

}  // namespace
}  // namespace stagedoor::testing
