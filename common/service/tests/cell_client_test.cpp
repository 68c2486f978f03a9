// Which cell a request reaches, with a fake transport.
#include "common/service/cell_client.hpp"

#include <gtest/gtest.h>

#include <map>

#include "common/errors.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

using http::Method;

constexpr Instant opening{1'777'636'800'000};

// One replica of each cell's services, at "http://1" to "http://3", and auth.
class FakeCells final : public outbound::Transport {
  public:
    Task<http::Response> send(http::Request request, outbound::SendOptions options) override {
        if (down.contains(options.url)) throw outbound::NotSent("connection refused");
        reached.push_back(options.url);
        targets.push_back(request.target);
        auto found = responses.find(options.url);
        co_return found == responses.end() ? http::Response{200, {}, "[]"} : found->second;
    }
    Task<std::string> deliver(outbound::SmtpServer, outbound::Email) override { co_return std::string{}; }
    void close() override {}

    std::set<std::string> down;
    std::map<std::string, http::Response> responses;
    std::vector<std::string> reached, targets;
};

class CellClientTest : public ::testing::Test {
  protected:
    static ServiceAddresses all_at(const std::string& address) {
        ServiceAddresses addresses;
        for (auto service : services_of_a_cell) addresses[std::string{service}] = {address};
        return addresses;
    }
    std::string id_in(int cell, Instant made = opening) { return runtime::new_uuid(random, made, cell); }
    http::Response send(Method method, const std::string& target, std::string body = {},
                        const std::string& key = {}) {
        http::Request request{.method = method};
        EXPECT_TRUE(request.set_target(target));
        request.body = std::move(body);
        if (!key.empty()) request.headers.add("Idempotency-Key", key);
        if (!bearer.empty()) request.headers.add("Authorization", "Bearer " + bearer);
        transport.reached.clear();
        auto service = target.starts_with("/api/users")        ? "auth"
                       : target.starts_with("/api/tickets")    ? "tickets"
                       : target.starts_with("/api/payments")   ? "payments"
                       : target.starts_with("/api/admissions") ? "admissions"
                                                               : "orders";
        return loop.wait_for(client.send(service, std::move(request)));
    }
    // Where the request has arrived; empty: nowhere.
    std::string reached(Method method, const std::string& target, std::string body = {},
                        const std::string& key = {}) {
        (void)send(method, target, std::move(body), key);
        return transport.reached.size() == 1 ? transport.reached.front() : "";
    }
    void respond(int cell, std::vector<std::string> ids, bool has_more = false) {
        http::Response response;
        for (const auto& id : ids)
            response.body += (response.body.empty() ? R"([{"id":")" : R"(,{"id":")") + id + R"("})";
        response.body = ids.empty() ? "[]" : response.body + "]";
        if (has_more) response.headers.add("Link", "</api/orders?after=" + ids.back() + R"(>; rel="next")");
        transport.responses["http://" + std::to_string(cell)] = std::move(response);
    }
    std::vector<std::string> ids_of(const http::Response& response) {
        std::vector<std::string> ids;
        auto document = json::parse(response.body).value();
        for (const auto& row : *document.array()) ids.push_back(*row["id"].string());
        return ids;
    }

    std::string bearer;  // sent with each request, if there is one
    runtime::SeededRandom random{1};
    runtime::EventLoopThread loop;
    runtime::ManualClock clock;
    runtime::Metrics metrics;
    FakeCells transport;
    CellClient client{
        {{"auth", {"http://auth"}}},
        {.addresses = {{1, all_at("http://1")}, {2, all_at("http://2")}, {3, all_at("http://3")}},
         .since = opening},
        transport,
        clock,
        metrics};
};

TEST_F(CellClientTest, sends_a_request_to_the_cell_of_the_id_in_its_path_query_or_body) {
    EXPECT_EQ(reached(Method::get, "/api/tickets/" + id_in(2)), "http://2");
    EXPECT_EQ(reached(Method::post, "/api/tickets/" + id_in(3) + "/cancel", "{}"), "http://3");
    EXPECT_EQ(reached(Method::delete_, "/api/orders/" + id_in(1)), "http://1");
    EXPECT_EQ(reached(Method::get, "/api/payments?orderId=" + id_in(3)), "http://3");
    EXPECT_EQ(reached(Method::post, "/api/payments", R"({"orderId":")" + id_in(2) + R"(","token":"t"})"),
              "http://2");
    EXPECT_EQ(reached(Method::post, "/api/orders", R"({"ticketId":")" + id_in(3) + R"("})"), "http://3");
    EXPECT_EQ(reached(Method::post, "/api/orders",
                      R"({"items":[{"ticketId":")" + id_in(2) + R"("},{"ticketId":")" + id_in(2) + R"("}]})"),
              "http://2");
}

TEST_F(CellClientTest, sends_requests_about_a_listings_sales_or_seller_to_its_cell) {
    EXPECT_EQ(reached(Method::get, "/api/orders/sales?limit=20&ticketId=" + id_in(3)), "http://3");
    EXPECT_EQ(reached(Method::get, "/api/orders/sales/days?ticketId=" + id_in(2)), "http://2");
    EXPECT_EQ(reached(Method::get, "/api/tickets/sellers/" + id_in(1) + "?ticketId=" + id_in(2)), "http://2");
}

TEST_F(CellClientTest, sends_scanners_and_transfers_to_the_cell_of_their_token) {
    auto token = id_in(2) + ".proof";
    EXPECT_EQ(reached(Method::post, "/api/admissions/scanners", R"({"token":")" + token + R"("})"),
              "http://2");
    EXPECT_EQ(reached(Method::post, "/api/admissions/transfers/claim", R"({"token":")" + token + R"("})"),
              "http://2");
    EXPECT_EQ(reached(Method::delete_, "/api/admissions/doors/" + id_in(3)), "http://3");
    bearer = token;
    EXPECT_EQ(reached(Method::post, "/api/admissions/scanner/scans", R"({"code":"HELLO"})"), "http://2");
}

TEST_F(CellClientTest, finds_what_is_older_than_the_cells_in_the_first) {
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(reached(Method::get, "/api/tickets/" + id_in(0, opening - std::chrono::hours{1})),
                  "http://1");
    EXPECT_EQ(reached(Method::get, "/api/orders/" + id_in(2, opening - std::chrono::hours{1})), "http://1");
}

TEST_F(CellClientTest, responds_404_for_an_id_of_an_unknown_cell) {
    EXPECT_EQ(send(Method::get, "/api/tickets/" + id_in(4)).status, 404);
    EXPECT_TRUE(transport.reached.empty());
}

TEST_F(CellClientTest, sends_invalid_ids_to_the_first_cell) {
    EXPECT_EQ(reached(Method::get, "/api/tickets/abc"), "http://1");
    EXPECT_EQ(reached(Method::get, "/api/orders/abc"), "http://1");
}

TEST_F(CellClientTest, puts_tickets_of_one_cell_only_into_an_order) {
    auto items = R"({"items":[{"ticketId":")" + id_in(1) + R"("},{"ticketId":")" + id_in(2) + R"("}]})";
    EXPECT_EQ(send(Method::post, "/api/orders", items).status, 400);
    EXPECT_TRUE(transport.reached.empty());
}

TEST_F(CellClientTest, sends_other_requests_to_services_without_cells) {
    EXPECT_EQ(reached(Method::get, "/api/users/currentuser"), "http://auth");
}

TEST_F(CellClientTest, spreads_new_listings_and_repeats_one_in_the_same_cell) {
    std::set<std::string> without_key, with_key;
    for (int i = 0; i < 3; ++i) without_key.insert(reached(Method::post, "/api/tickets", "{}"));
    EXPECT_EQ(without_key.size(), 3);
    for (int i = 0; i < 50; ++i) {
        auto key = "key " + std::to_string(i);
        auto cell = reached(Method::post, "/api/tickets", "{}", key);
        with_key.insert(cell);
        EXPECT_EQ(reached(Method::post, "/api/tickets", "{}", key), cell);
    }
    EXPECT_EQ(with_key.size(), 3);
}

TEST_F(CellClientTest, makes_a_listing_where_its_picture_is) {
    std::set<std::string> uploads;
    for (int i = 0; i < 3; ++i)
        uploads.insert(reached(Method::post, "/api/tickets/pictures", R"({"ticketId":"of a picture"})"));
    EXPECT_EQ(uploads.size(), 3) << "nobody looks for ids in a picture";
    EXPECT_EQ(reached(Method::post, "/api/tickets/pictures?ticketId=" + id_in(2), "a picture"), "http://2");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(reached(Method::post, "/api/tickets", R"({"picture":")" + id_in(3) + R"("})", "key"),
                  "http://3");
    }
    EXPECT_FALSE(reached(Method::post, "/api/tickets", R"({"picture":")" + id_in(7) + R"("})").empty())
        << "any cell says what is wrong with it";
    EXPECT_EQ(reached(Method::get, "/api/tickets/pictures/" + id_in(2) + "/480.webp"), "http://2");
    EXPECT_EQ(reached(Method::put, "/api/tickets/" + id_in(1), R"({"picture":")" + id_in(2) + R"("})"),
              "http://1")
        << "which has no such picture";
}

TEST_F(CellClientTest, fails_for_the_listings_of_a_dead_cell_only) {
    transport.down = {"http://2"};
    EXPECT_THROW(reached(Method::get, "/api/tickets/" + id_in(2)), Unavailable);
    EXPECT_EQ(reached(Method::get, "/api/tickets/" + id_in(1)), "http://1");
    EXPECT_EQ(reached(Method::get, "/api/tickets/" + id_in(3)), "http://3");
}

TEST_F(CellClientTest, lists_the_orders_of_all_cells_newest_first) {
    std::vector<std::string> id;  // a millisecond apart
    for (int i = 0; i < 6; ++i) id.push_back(id_in(1 + i % 3, opening + std::chrono::milliseconds{i}));
    respond(1, {id[3], id[0]});
    respond(2, {id[4], id[1]});
    respond(3, {id[5], id[2]});
    auto response = send(Method::get, "/api/orders?limit=2");
    EXPECT_EQ(ids_of(response), (std::vector{id[5], id[4], id[3], id[2], id[1], id[0]}));
    EXPECT_FALSE(response.headers.has("Link"));
    EXPECT_EQ(response.headers["Cache-Control"], "private, no-store");
    EXPECT_EQ(transport.targets.back(), "/api/orders?limit=2");
}

TEST_F(CellClientTest, ends_a_page_where_a_cell_may_have_more) {
    std::vector<std::string> id;
    for (int i = 0; i < 6; ++i) id.push_back(id_in(1 + i % 3, opening + std::chrono::milliseconds{i}));
    respond(1, {id[3]}, true);
    respond(2, {id[4], id[1]}, true);
    respond(3, {id[5], id[2]});
    auto response = send(Method::get, "/api/orders?limit=2");
    EXPECT_EQ(ids_of(response), (std::vector{id[5], id[4], id[3]}));
    EXPECT_EQ(response.headers["Link"], "</api/orders?after=" + id[3] + R"(>; rel="next")");
}

TEST_F(CellClientTest, says_which_cells_a_list_lacks) {
    auto mine = id_in(1);
    respond(1, {mine});
    transport.down = {"http://2", "http://3"};
    auto response = send(Method::get, "/api/tickets/mine");
    EXPECT_EQ(ids_of(response), std::vector{mine});
    EXPECT_EQ(response.headers[CellClient::missing_cells], "2, 3");
    transport.down.insert("http://1");
    EXPECT_THROW(send(Method::get, "/api/tickets/mine"), Unavailable);
}

TEST_F(CellClientTest, returns_a_cells_error_for_a_list) {
    transport.responses["http://1"] = http::Response{401, {}, "{}"};
    EXPECT_EQ(send(Method::get, "/api/orders").status, 401);
}

TEST_F(CellClientTest, does_not_pass_off_one_cells_part_of_a_search_as_the_whole) {
    EXPECT_THROW(send(Method::get, "/api/tickets?q=concert"), Unavailable);
}

}  // namespace
}  // namespace stagedoor
