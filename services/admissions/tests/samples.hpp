// Sample listings, orders and doors shared by the tests of admissions.
#pragma once

#include "contracts/events/admissions.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"
#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/service.hpp"
#include "services/admissions/settings.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::admissions {

using stagedoor::testing::Client;
using stagedoor::testing::eventually;
using stagedoor::testing::Response;
using stagedoor::testing::ServiceTest;
using namespace std::chrono_literals;

struct Line {
    std::string ticket = "concert";
    std::int64_t quantity = 1;
};

struct Test : ::testing::Test {
    ServiceTest admissions{make_service, Settings{.secret = "a secret for tests only"}};

    [[nodiscard]] static contracts::Listing listing(const std::string& id, std::int64_t version = 1) {
        return {.id = TicketId{id},
                .user_id = UserId{"seller"},
                .title = "The " + id,
                .quantity = 100,
                .max_per_order = 10,
                .starts_at = Instant::parse("2026-01-02T19:00:00Z"),
                .venue = "Alte Oper",
                .city = "Frankfurt",
                .time_zone = "Europe/Berlin",
                .seats = "Row 7",
                .version = version};
    }
    void lists(const std::string& id = "concert") {
        admissions.receives(contracts::TicketCreated{listing(id)});
    }

    [[nodiscard]] static contracts::OrderState order(const std::string& id, const std::string& buyer,
                                                     const std::vector<Line>& lines, std::int64_t version) {
        contracts::OrderState order{
            .id = OrderId{id}, .user_id = UserId{buyer}, .status = OrderStatus::complete, .version = version};
        for (const auto& [ticket, quantity] : lines) {
            order.items.push_back({.ticket_id = TicketId{ticket},
                                   .seller_id = UserId{"seller"},
                                   .title = "The " + ticket,
                                   .price = Money{1999, {}},
                                   .quantity = quantity});
        }
        return order;
    }
    void buys(const std::string& id, const std::string& buyer = "buyer",
              const std::vector<Line>& lines = {{}}) {
        admissions.receives(contracts::OrderCompleted{order(id, buyer, lines, 1)});
    }
    // The tickets of `ticket` in the order are void.
    void voids(const std::string& id, const std::string& ticket = "concert",
               const std::vector<Line>& lines = {{}}) {
        contracts::OrderVoided event;
        static_cast<contracts::OrderState&>(event) = order(id, "buyer", lines, 2);
        event.ticket_id = TicketId{ticket};
        admissions.receives(event);
    }

    [[nodiscard]] Response passes(const std::string& holder = "buyer", const std::string& query = "") {
        return admissions.as(holder).get("/api/admissions/passes" + query).expect(200);
    }
    // The id of the holder's newest pass.
    [[nodiscard]] std::string pass_of(const std::string& holder = "buyer") {
        return passes(holder).at("[0].id");
    }
    [[nodiscard]] Response show(const std::string& pass, const std::string& holder = "buyer") {
        return admissions.as(holder).get("/api/admissions/passes/" + pass);
    }
    [[nodiscard]] std::string code_of(const std::string& pass, const std::string& holder = "buyer") {
        return show(pass, holder).expect(200).at("code");
    }
    // Sells one pass of the concert and returns its code.
    [[nodiscard]] std::string sold_code(const std::string& order = "order",
                                        const std::string& buyer = "buyer") {
        buys(order, buyer);
        return code_of(passes(buyer, "?orderId=" + order).at("[0].id"), buyer);
    }

    // ---- doors

    [[nodiscard]] Response listing_page(const std::string& user = "seller") {
        return admissions.as(user).get("/api/admissions/listings/concert");
    }
    void set(const std::string& changes) {
        admissions.as("seller").put("/api/admissions/listings/concert/settings", changes).expect(200);
    }
    [[nodiscard]] Response create_door(const std::string& name, const std::string& role = "steward") {
        return admissions.as("seller").post("/api/admissions/listings/concert/doors",
                                            R"({"name":")" + name + R"(","role":")" + role + R"("})");
    }
    [[nodiscard]] static std::string token_in(const std::string& link) {
        return link.substr(link.find('#') + 1);
    }
    [[nodiscard]] Response join(const std::string& door_token) {
        return admissions.post("/api/admissions/scanners", R"({"token":")" + door_token + R"("})");
    }
    [[nodiscard]] Client with_token(const std::string& token) {
        return admissions.nobody().with("Authorization", "Bearer " + token);
    }
    // A scanner at a new door of that name.
    [[nodiscard]] Client scanner_at(const std::string& door, const std::string& role = "steward") {
        auto created = create_door(door, role).expect(201);
        return with_token(join(token_in(created.at("link"))).expect(201).at("token"));
    }

    [[nodiscard]] std::string next_nonce() { return "the nonce " + std::to_string(++nonces_); }
    [[nodiscard]] static std::string scan_body(const std::string& nonce, const std::string& code,
                                               const std::string& action = "admit") {
        return R"({"nonce":")" + nonce + R"(","code":)" + stagedoor::testing::json_text(code) +
               R"(,"action":")" + action + R"(","at":"2026-01-01T00:00:00Z"})";
    }
    Response scan(const Client& scanner, const std::string& code, const std::string& action = "admit") {
        return scanner.post("/api/admissions/scanner/scans", scan_body(next_nonce(), code, action))
            .expect(200);
    }
    void expect_admitted(const Client& scanner, const std::string& code) {
        EXPECT_EQ(scan(scanner, code).at("result"), "admitted");
    }
    void expect_refused(const Response& response, const std::string& reason) {
        EXPECT_EQ(response.at("result"), "refused");
        EXPECT_EQ(response.at("reason"), reason);
    }

    void closes_returns() { admissions.receives(contracts::ReturnsClosed{.ticket_id = TicketId{"concert"}}); }
    Response shards(const Client& scanner, const std::string& body) {
        return scanner.post("/api/admissions/scanner/shards", body);
    }
    // The scanner becomes the owner of all shards that the server has.
    void claims_all(const Client& scanner) {
        std::string all;
        for (int shard = 0; shard < code::shard_count; ++shard)
            all += (shard == 0 ? "" : ",") + std::to_string(shard);
        (void)shards(scanner, R"({"claim":[]})");  // opens the doors
        closes_returns();
        shards(scanner, R"({"claim":[)" + all + "]}").expect(200);
    }

    [[nodiscard]] static int shard_in(const std::string& code) {
        return code::shard_of(code::parse(code).value().serial);
    }
    [[nodiscard]] static std::string serial_in(const std::string& code) {
        return code::to_hex(code::parse(code).value().serial);
    }
    [[nodiscard]] static std::string uploaded(const std::string& nonce, const std::string& code,
                                              std::int64_t epoch, const std::string& action = "admit",
                                              const std::string& at = "2026-01-01T00:00:00Z") {
        return R"({"nonce":")" + nonce + R"(","serial":")" + serial_in(code) + R"(","generation":)" +
               std::to_string(code::parse(code).value().generation) + R"(,"action":")" + action +
               R"(","at":")" + at + R"(","shard":)" + std::to_string(shard_in(code)) + R"(,"epoch":)" +
               std::to_string(epoch) + "}";
    }
    Response upload(const Client& scanner, const std::string& scans) {
        return scanner.post("/api/admissions/scanner/uploads", R"({"scans":[)" + scans + "]}");
    }

  private:
    int nonces_ = 0;
};

}  // namespace stagedoor::admissions
