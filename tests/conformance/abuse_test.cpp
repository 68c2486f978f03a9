// Malformed, oversized, slow and malicious requests.
#include "testing/http/raw_connection.hpp"
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

Response raw(const std::string& bytes) {
    RawConnection connection{shared().marketplace->port()};
    (void)connection.send(bytes);
    return connection.read();
}

void expect_rejected(const std::string& bytes, int status, Where where = Where::current()) {
    auto reply = raw(bytes);
    reply.expect(status, "\"errors\":[{\"message\":", where);
    EXPECT_FALSE(reply.header("X-Request-Id").empty());
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
}

TEST(Abuse, oversized_or_malformed_heads_are_rejected) {
    expect_rejected(
        "GET /api/tickets HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n", 431);
    std::string many;
    for (int i = 0; i < 500; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    expect_rejected("GET /api/tickets HTTP/1.1\r\nHost: x\r\n" + many + "\r\n", 431);
    expect_rejected("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431);
    expect_rejected("nonsense\r\n\r\n", 400);
    expect_rejected("GET /api/tickets HTTP/2.0\r\nHost: x\r\n\r\n", 400);
    expect_rejected("GET /api/tickets HTTP/1.1\r\n\r\n", 400);
    expect_rejected("GET /api/tickets HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400);
    expect_rejected("GET /api/tickets HTTP/1.1\r\nHost: x\r\nBroken Name: y\r\n\r\n", 400);
    for (auto path :
         {"/api/%zz", "/api/tickets/%", "/api/orders/%4", "/api/tickets/%00", "/api/orders/a%2Fb"})
        expect_rejected("GET " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    expect_rejected("GET /api/tickets?q=%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_rejected("GET /api/../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400);
    expect_rejected("GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

TEST(Abuse, later_minor_versions_are_served_as_http_1_1) {
    raw("GET /api/tickets HTTP/1.2\r\nHost: x\r\n\r\n").expect(200);
}

// At the service's own server: nginx takes it for HTTP/0.9 and responds without a head.
TEST(Abuse, a_request_line_without_a_version_is_rejected_at_once) {
    if (shared().marketplace->is_encrypted_inside()) GTEST_SKIP() << "only nginx reaches that server";
    for (auto line : {"GET / \r\n", "GET /\r\n"}) {
        RawConnection connection{shared().marketplace->server_port()};
        (void)connection.send(line);
        connection.read().expect(400);
    }
}

TEST(Abuse, request_smuggling_is_rejected) {
    auto head =
        std::string{"POST /api/users/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"};
    expect_rejected(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400);
    expect_rejected(head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    expect_rejected(head + "Content-Length: -1\r\n\r\n{}", 400);
    expect_rejected(head + "Content-Length: 0x2\r\n\r\n{}", 400);
    for (auto coding : {"gzip", "identity", "chunked, gzip", "chunked, chunked"})
        expect_rejected(head + "Transfer-Encoding: " + coding + "\r\n\r\n", 400);
    expect_rejected(head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
    expect_rejected(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400);
}

TEST(Abuse, oversized_bodies_are_rejected_before_they_are_read) {
    auto head = std::string{"POST /api/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"};
    expect_rejected(head + "Content-Length: 100000000\r\n\r\n", 413);
    std::string chunks;
    for (int i = 0; i < 70; ++i) chunks += "400\r\n" + std::string(1024, 'x') + "\r\n";
    expect_rejected(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n", 413);
}

TEST(Abuse, pipelined_requests_get_responses_in_order) {
    RawConnection connection{shared().marketplace->port()};
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

TEST(Abuse, slow_senders_get_408_and_delay_nobody) {
    if (!is_one_process()) GTEST_SKIP() << "the server is the same in every shape";
    std::vector<std::unique_ptr<RawConnection>> idle;
    for (int i = 0; i < 300; ++i) {
        idle.push_back(std::make_unique<RawConnection>(shared().marketplace->server_port()));
        (void)idle.back()->send("GET /api/tickets HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    }
    RawConnection slow_body{shared().marketplace->server_port()};
    (void)slow_body.send(
        "POST /api/users/signin HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
        "100\r\n\r\n{");
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) shared().anonymous().get("/api/tickets").expect(200);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);

    // One byte per second doesn't keep a connection open.
    auto& trickling = *idle.back();
    auto closed =
        becomes_true([&] { return !trickling.send("x") || idle.front()->is_closed_within(1s); }, 15s);
    EXPECT_TRUE(closed);
    for (auto& each : idle) EXPECT_TRUE(each->is_closed_within(15s));
    auto late = slow_body.read(30s);
    late.expect(408);
    EXPECT_TRUE(slow_body.is_closed_within(5s));
    shared().anonymous().get("/readyz").expect(200);
}

TEST(Abuse, ids_of_other_users_give_no_access) {
    auto ticket = list_ticket(shared().seller());
    auto mine = order(shared().buyer(), {{ticket}}).expect(201);
    auto session = shared().buyer().get("/api/users/sessions").expect(200).at("[0].id");
    for (const auto& client : {shared().stranger(), shared().seller()}) {
        client.get("/api/orders/" + mine.at("id")).expect(403);
        client.delete_("/api/orders/" + mine.at("id")).expect(403);
        client
            .post("/api/users/sessions/end",
                  R"({"id":")" + session + R"(","password":")" + std::string{shared().eve.password} + R"("})")
            .expect(404);
    }
    shared()
        .stranger()
        .put("/api/tickets/" + ticket, R"({"title":"mine","price":1,"userId":")" + shared().eve.id + R"("})")
        .expect(403);
    auto claimed = shared()
                       .stranger()
                       .post("/api/tickets", R"({"title":"x","price":1,"userId":")" + shared().ada.id +
                                                 R"(","status":"withdrawn","version":9})")
                       .expect(201);
    EXPECT_EQ(claimed.at("userId"), shared().eve.id);
    EXPECT_EQ(claimed.at("status"), "open");
    EXPECT_EQ(claimed.at("version"), "1");
    auto ordered = shared()
                       .buyer()
                       .post("/api/orders", R"({"ticketId":")" + claimed.at("id") +
                                                R"(","userId":"x","total":0,"status":"complete"})")
                       .expect(201);
    EXPECT_EQ(ordered.at("userId"), shared().ben.id);
    EXPECT_EQ(ordered.at("status"), "created");
    EXPECT_EQ(ordered.at("total"), "1.00");
    for (const auto& each : {mine, ordered})
        shared().buyer().delete_("/api/orders/" + each.at("id")).expect(204);
}

}  // namespace
}  // namespace stagedoor::testing
