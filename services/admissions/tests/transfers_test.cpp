#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct Transfer : Test {
    Response offer(const std::string& pass, const std::string& holder = "buyer") {
        return admissions.as(holder).post("/api/admissions/passes/" + pass + "/transfer");
    }
    Response with_transfer_token(const Client& client, const std::string& what, const std::string& token) {
        return client.post("/api/admissions/transfers/" + what, R"({"token":")" + token + R"("})");
    }
    Response claim(const std::string& token, const std::string& user) {
        return with_transfer_token(admissions.as(user), "claim", token);
    }
    [[nodiscard]] std::string pass_in(const std::string& order) {
        return passes("buyer", "?orderId=" + order).at("[0].id");
    }
    // Offers the pass of an order.
    [[nodiscard]] std::string offered(const std::string& order = "order") {
        return token_in(offer(pass_in(order)).expect(201).at("link"));
    }
    void passes_on(const std::string& from, const std::string& to) {
        claim(token_in(offer(pass_of(from), from).expect(201).at("link")), to).expect(200);
    }
};

TEST_F(Transfer, gives_the_next_generation_to_the_claimant) {
    lists();
    auto old_code = sold_code();
    auto id = pass_of();
    auto link = offer(id).expect(201).at("link");
    EXPECT_EQ(link.substr(0, link.find('#')), "http://localhost:8080/transfer");
    EXPECT_EQ(passes().at("[0].offer.id"), show(id).at("offer.id"));
    auto claimed = claim(token_in(link), "friend").expect(200);
    EXPECT_EQ(claimed.at("id"), id);
    EXPECT_EQ(claimed.at("generation"), "2");
    EXPECT_EQ(claimed.at("offer.id"), "");
    EXPECT_EQ(passes().count(), 0u);
    show(id).expect(403);
    auto now = show(id, "friend").expect(200);
    EXPECT_NE(now.at("code"), old_code);
    ASSERT_EQ(now.count("history"), 2u);
    EXPECT_EQ(now.at("history[1].reason"), "transferred");
    EXPECT_EQ(now.at("history[1].generation"), "2");

    auto door = scanner_at("Main");
    expect_refused(scan(door, old_code), "revoked");
    expect_admitted(door, now.at("code"));
}

TEST_F(Transfer, publishes_what_happens_without_the_token) {
    lists();
    buys("order");
    auto token = offered();
    claim(token, "friend").expect(200);
    auto offered = admissions.published<contracts::TransferOffered>();
    auto claimed = admissions.published<contracts::TransferClaimed>();
    ASSERT_EQ(offered.size(), 1u);
    ASSERT_EQ(claimed.size(), 1u);
    EXPECT_EQ(offered[0].from_user_id.text, "buyer");
    EXPECT_EQ(offered[0].title, "The concert");
    EXPECT_EQ(claimed[0].to_user_id->text, "friend");
    EXPECT_EQ(claimed[0].version, 2);
    for (const auto& event : admissions.all_published())
        EXPECT_EQ(event.data.find(token.substr(token.find('.'))), std::string::npos);
}

TEST_F(Transfer, offers_once) {
    lists();
    buys("order");
    auto first = offer(pass_of()).expect(201), second = offer(pass_of()).expect(201);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(admissions.published<contracts::TransferOffered>().size(), 1u);
}

TEST_F(Transfer, is_offered_by_the_holder_only) {
    lists();
    buys("order");
    offer(pass_of(), "another").expect(403);
    offer("nothing").expect(404);
    admissions.post("/api/admissions/passes/" + pass_of() + "/transfer").expect(401);
}

TEST_F(Transfer, shows_the_event_to_whoever_has_the_link) {
    lists();
    buys("order");
    auto token = offered();
    auto shown = with_transfer_token(admissions.nobody(), "show", token).expect(200);
    EXPECT_EQ(shown.at("title"), "The concert");
    EXPECT_EQ(shown.at("venue"), "Alte Oper");
    EXPECT_EQ(shown.at("status"), "open");
    EXPECT_EQ(shown.body.find("buyer"), std::string::npos);
    claim(token, "friend").expect(200);
    EXPECT_EQ(with_transfer_token(admissions.nobody(), "show", token).at("status"), "claimed");
}

TEST_F(Transfer, knows_its_own_links_only) {
    lists();
    buys("order");
    auto token = offered();
    auto forged = token;
    forged.back() = forged.back() == 'A' ? 'B' : 'A';
    for (const auto& wrong : {forged, std::string{"nothing"}, token.substr(0, token.find('.')) + "."}) {
        with_transfer_token(admissions.nobody(), "show", wrong).expect(404);
        claim(wrong, "friend").expect(404);
    }
    admissions.post("/api/admissions/transfers/show").expect(400).expect_field("token");
    admissions.as("friend").post("/api/admissions/transfers/claim").expect(400).expect_field("token");
    with_transfer_token(admissions.nobody(), "claim", token).expect(401);
}

TEST_F(Transfer, is_claimed_once) {
    lists();
    buys("order");
    auto token = offered();
    claim(token, "friend").expect(200);
    EXPECT_EQ(claim(token, "friend").expect(200).at("generation"), "2");
    claim(token, "another").expect(409);
    EXPECT_EQ(admissions.published<contracts::TransferClaimed>().size(), 1u);
}

TEST_F(Transfer, is_not_claimed_by_the_holder) {
    lists();
    buys("order");
    claim(offered(), "buyer").expect(409, "yours");
}

TEST_F(Transfer, cannot_be_claimed_again_by_somebody_who_has_passed_it_on) {
    lists();
    buys("order");
    auto token = offered();
    claim(token, "friend").expect(200);
    passes_on("friend", "third");
    claim(token, "friend").expect(409);
    EXPECT_EQ(passes("third").at("[0].generation"), "3");
}

TEST_F(Transfer, can_be_revoked_until_it_is_claimed) {
    lists();
    buys("order");
    auto created = offer(pass_of()).expect(201);
    auto path = "/api/admissions/transfers/" + created.at("id");
    admissions.as("another").delete_(path).expect(403);
    admissions.nobody().delete_(path).expect(401);
    admissions.as("buyer").delete_("/api/admissions/transfers/nothing").expect(404);
    admissions.as("buyer").delete_(path).expect(204);
    admissions.as("buyer").delete_(path).expect(204);
    EXPECT_EQ(admissions.published<contracts::TransferRevoked>().size(), 1u);
    claim(token_in(created.at("link")), "friend").expect(409);

    auto again = offer(pass_of()).expect(201);
    EXPECT_NE(again.at("id"), created.at("id"));
    claim(token_in(again.at("link")), "friend").expect(200);
    admissions.as("buyer").delete_("/api/admissions/transfers/" + again.at("id")).expect(409);
}

TEST_F(Transfer, may_be_forbidden_or_limited_by_the_seller) {
    lists();
    buys("order");
    auto token = offered();
    set(R"({"transfers":"forbidden","rotating":false,"reentry":"none","mode":"strict"})");
    claim(token, "friend").expect(409);
    EXPECT_EQ(passes().at("[0].transfers"), "forbidden");
    set(R"({"transfers":"allowed","maxTransfers":1,"rotating":false,"reentry":"none","mode":"strict"})");
    EXPECT_EQ(passes().at("[0].transfersLeft"), "1");
    claim(token, "friend").expect(200);
    EXPECT_EQ(passes("friend").at("[0].transfersLeft"), "0");
    offer(pass_of("friend"), "friend").expect(409, "as often");
}

TEST_F(Transfer, is_refused_once_used_or_revoked) {
    lists();
    auto code = sold_code();
    auto token = offered();
    expect_admitted(scanner_at("Main"), code);
    offer(pass_of()).expect(201);  // the offer is still there
    claim(token, "friend").expect(409, "used");
    EXPECT_EQ(passes().at("[0].generation"), "1");

    buys("second");
    auto second = offered("second");
    voids("second");
    claim(second, "friend").expect(409);
    EXPECT_EQ(with_transfer_token(admissions.nobody(), "show", second).at("status"), "revoked");
    EXPECT_EQ(admissions.published<contracts::TransferRevoked>().size(), 1u);
    offer(pass_in("second")).expect(409);
}

// The scanner could admit the old generation without knowing.
TEST_F(Transfer, is_refused_while_a_scanner_owns_the_shard) {
    lists();
    (void)sold_code();
    auto token = offered();
    auto scanner = scanner_at("Main");
    claims_all(scanner);
    claim(token, "friend").expect(409, "doors are open");
    offer(pass_of()).expect(409, "doors are open");
    EXPECT_EQ(passes().at("[0].generation"), "1");
}

// No response had arrived.
TEST_F(Transfer, may_be_claimed_again_by_the_claimant_at_any_time) {
    lists();
    buys("order");
    auto token = offered();
    claim(token, "friend").expect(200);
    claims_all(scanner_at("Main"));
    EXPECT_EQ(claim(token, "friend").expect(200).at("generation"), "2");
    claim(token, "stranger").expect(409);
}

TEST_F(Transfer, is_refused_at_lenient_doors) {
    lists();
    set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"lenient"})");
    auto used = sold_code("used", "another");
    buys("order");
    auto token = offered();
    expect_admitted(scanner_at("Main"), used);
    claim(token, "friend").expect(409, "doors are open");
}

TEST_F(Transfer, is_limited_by_user) {
    lists();
    buys("order");
    for (int i = 0; i < 60; ++i) offer(pass_of()).expect(201);
    offer(pass_of()).expect(429);
}

}  // namespace stagedoor::admissions
