// Forms that are not accepted: their input comes back after an error, after signing in, and once a service is
// back.
#include "services/client/store/drafts.hpp"

#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto long_form =
    "title=Caf%C3%A9&price=12&quantity=3&timeZone=Asia%2FCalcutta&description=a%0D%0Ab&seats=Row+F&key=k1";

struct Drafts : Pages {
    std::int64_t kept() { return test.number("SELECT count(*) FROM form_drafts"); }
    // Signs in again: the same browser, with a session.
    static testing::Client with_cookies(testing::Client client, const testing::Response& response) {
        return client.with("Cookie", response.cookie());
    }
    static std::string next_of(const testing::Response& response) {
        auto pairs = http::parse_pairs(location(response).substr(location(response).find('?') + 1)).value();
        return pairs.front().second;
    }
};

TEST_F(Drafts, a_form_survives_a_session_that_has_ended) {
    for (const auto* path : {"/tickets/new", "/tickets/concert/edit"}) {
        services.respond("GET /api/tickets/concert", 200, concert);
        auto sent = browser().post(path, long_form).expect(303);
        EXPECT_TRUE(location(sent).starts_with("/auth/signin?next=" + http::percent_encode(path))) << path;
        open(location(sent)).expect(200, "We kept what you entered");
        auto seller = test.as("seller").with("Accept", "text/html").with("Cookie", sent.cookie());
        auto page = seller.get(next_of(sent)).expect(200);
        for (auto part : {"value=\"Café\"", "value=\"12\"", "value=\"3\"", "value=\"Row F\"",
                          "a\nb</textarea>", "<option value=\"Asia/Calcutta\" selected>"}) {
            EXPECT_TRUE(has(page, part)) << path << " " << part;
        }
        EXPECT_FALSE(has(page, "role=\"alert\"")) << "nothing is wrong with it";
    }
    EXPECT_TRUE(services.requests.empty() || services.requests.back().method == http::Method::get)
        << "nothing was created";
}

TEST_F(Drafts, a_form_survives_a_service_that_is_down) {
    services.down = {"tickets"};
    auto sent = submit_as("seller", "/tickets/new", long_form);
    auto page = follow("seller", sent).expect(200, "Listings are unavailable right now. Please try again");
    for (auto part : {"value=\"Café\"", "name=\"key\" value=\"k1\"", "value=\"Row F\""})
        EXPECT_TRUE(has(page, part)) << part;

    services.respond("GET /api/tickets/concert", 200, concert);
    auto edited = submit_as("seller", "/tickets/concert/edit", long_form);
    follow("seller", edited).expect(200, "value=\"Café\"");  // even while the listing can't be read
    services.down = {};
    follow("seller", edited).expect(200, "value=\"Café\"");

    services.down = {"orders"};
    auto held = submit_as("buyer", "/orders", "key=k2&from=listing&ticket=concert&quantity=2");
    auto listing = follow("buyer", held).expect(200, "Orders are unavailable right now");
    EXPECT_TRUE(has(listing, "name=\"key\" value=\"k2\"")) << "it may have been placed";
    EXPECT_TRUE(has(listing, "value=\"2\""));
}

TEST_F(Drafts, a_form_survives_an_unexpected_error) {
    services.respond("POST /api/tickets", 201, "{}");  // not a listing
    auto page =
        follow("seller", submit_as("seller", "/tickets/new", long_form)).expect(200, "Something went wrong");
    EXPECT_TRUE(has(page, "value=\"Café\""));
    EXPECT_FALSE(has(page, "can't be read"));
}

TEST_F(Drafts, a_form_is_shown_at_once_if_no_draft_can_be_kept) {
    test.write([](sql::Tx& tx) {
        tx.execute("DROP TABLE form_drafts");
        return true;
    });
    services.respond("POST /api/tickets", 400,
                     R"({"errors":[{"message":"must be more than 0","field":"price"}]})");
    auto page = submit_as("seller", "/tickets/new", long_form).expect(400, "Price must be more than 0");
    EXPECT_TRUE(has(page, "value=\"Café\""));
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    services.down = {"tickets"};
    submit_as("seller", "/tickets/new", long_form).expect(503, "value=\"Café\"");
    submit_as("seller", "/tickets/concert/edit", long_form).expect(503, "value=\"Café\"");
    services.down = {};
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond("POST /api/orders", 409, R"({"errors":[{"message":"Only 1 left","field":"items[0]"}]})");
    submit_as("buyer", "/orders", "from=listing&ticket=concert&quantity=3").expect(409, "value=\"3\"");
    EXPECT_EQ(location(browser().post("/tickets/new", long_form).expect(303)),
              "/auth/signin?next=%2Ftickets%2Fnew");
    submit_as("buyer", "/tickets/concert/cancel", "").expect(404);
    services.respond(
        "POST /api/users/password/reset/confirm", 400,
        R"({"errors":[{"message":"Password must have at least 8 characters","field":"password"}]})");
    browser().post("/auth/reset", "token=abc&password=x").expect(400, R"(name="token" value="abc")");
    services.respond("POST /api/users/signin", 401, R"({"errors":[{"message":"Wrong email or password"}]})");
    browser()
        .post("/auth/signin", "email=a&password=b&next=%2Forders")
        .expect(401, R"(name="next" value="/orders")");
}

TEST_F(Drafts, programs_get_the_error_itself) {
    services.respond("POST /api/tickets", 400,
                     R"({"errors":[{"message":"must be more than 0","field":"price"}]})");
    auto program = test.as("seller").with("Accept", "application/json");
    program.post("/tickets/new", long_form).expect(400).expect_field("price");
    test.nobody().with("Accept", "application/json").post("/tickets/new", long_form).expect(401);
    EXPECT_EQ(kept(), 0);
}

TEST_F(Drafts, only_the_browser_that_sent_it_sees_a_draft) {
    services.down = {"tickets"};
    auto sent = submit_as("seller", "/tickets/new", long_form);
    EXPECT_TRUE(sent.headers["Set-Cookie"].ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"));
    follow("seller", sent).expect(200, "Café");
    EXPECT_FALSE(has(open_as("seller", location(sent)), "Café")) << "another browser";
    EXPECT_FALSE(has(follow("other", sent), "Café")) << "another user of the same browser";
    auto other = test.as("seller").with("Cookie", "drafts=0123456789abcdef0123456789abcdef");
    EXPECT_FALSE(has(other.get(location(sent)), "Café"));
    for (auto id : {"x", "0123456789abcdef0123456789abcdef", "%27%20OR%201=1"})
        open_as("seller", "/tickets/new?draft=" + std::string{id});
    test.clock.advance(std::chrono::hours{1});
    EXPECT_FALSE(has(follow("seller", sent), "Café")) << "an hour later";
}

TEST_F(Drafts, secrets_are_not_kept) {
    services.respond("POST /api/users/signin", 401, R"({"errors":[{"message":"Wrong email or password"}]})");
    services.respond("POST /api/payments", 402, R"({"errors":[{"message":"Your card was declined"}]})");
    (void)browser().post("/auth/signin", "email=a%40b.example&password=hunter2hunter2").expect(303);
    (void)submit_as("buyer", "/account/password", "currentPassword=hunter2&newPassword=hunter2").expect(303);
    (void)submit_as("buyer", "/orders/order-1/pay", "key=k1&token=pm_hunter2").expect(303);
    (void)browser().post("/auth/reset", "token=hunter2&password=hunter2").expect(303);
    EXPECT_EQ(kept(), 4);
    EXPECT_EQ(test.number("SELECT count(*) FROM form_drafts WHERE content LIKE '%hunter2%'"), 0);
}

TEST_F(Drafts, are_bounded) {
    services.down = {"tickets"};
    auto first = submit_as("seller", "/tickets/new", "title=first");
    for (int i = 0; i < store::max_drafts_per_browser; ++i) {
        test.clock.advance(std::chrono::seconds{1});
        (void)test.as("seller").with("Cookie", first.cookie()).post("/tickets/new", "title=more").expect(303);
    }
    EXPECT_EQ(kept(), store::max_drafts_per_browser);
    EXPECT_FALSE(has(follow("seller", first), "value=\"first\"")) << "the oldest";
    auto large = std::string(40'000, 'x');
    submit_as("seller", "/tickets/new", "title=" + large).expect(503, large);
    for (int i = 0; i < 600; ++i) (void)submit_as("seller", "/tickets/new", "title=a");
    EXPECT_LE(kept(), 520) << "one network can't fill the table";
    submit_as("seller", "/tickets/new", "title=stillhere").expect(503, "stillhere");
}

TEST_F(Drafts, expired_ones_are_deleted) {
    services.down = {"tickets"};
    (void)submit_as("seller", "/tickets/new", "title=a").expect(303);
    test.clock.advance(std::chrono::hours{1});
    testing::eventually([&] {
        test.clock.advance(std::chrono::minutes{5});  // again, if the worker was still at its first run
        return kept() == 0;
    });
}

TEST_F(Drafts, sign_out_deletes_those_of_the_browser) {
    services.down = {"tickets"};
    auto sent = submit_as("seller", "/tickets/new", long_form);
    services.respond("POST /api/users/signout", 200, "{}");
    auto out = test.as("seller").with("Cookie", sent.cookie()).post("/auth/signout", "").expect(303);
    EXPECT_TRUE(out.headers["Set-Cookie"].starts_with("drafts=; Path=/; Max-Age=0"));
    EXPECT_EQ(kept(), 0);
}

TEST_F(Drafts, an_error_that_a_page_has_no_place_for_is_shown_at_its_top) {
    services.respond("DELETE /api/tickets/concert", 403,
                     R"({"errors":[{"message":"Only the seller can change this listing"}]})");
    services.respond("GET /api/tickets/mine", 200, "[]");
    auto sent = submit_as("buyer", "/tickets/concert/withdraw", "");
    EXPECT_TRUE(location(sent).starts_with("/selling?draft="));
    follow("buyer", sent).expect(200, "Only the seller can change this listing");
    services.down = {"auth"};
    services.respond("GET /api/tickets", 200, "[]");
    follow("buyer", submit_as("buyer", "/auth/signout", ""))
        .expect(200, "Accounts are unavailable right now");
}

// ---- "Hold now" without a session

struct HoldAfterSignIn : Drafts {
    HoldAfterSignIn() {
        services.respond("GET /api/tickets/concert", 200, concert);
        services.respond("POST /api/orders", 201, held_order);
        services.respond("POST /api/users/signin", 200, R"({"id":"u","email":"a@b.example"})",
                         {{"Set-Cookie", "session=token; HttpOnly"}});
        services.respond("POST /api/users/signup", 201, R"({"id":"u","email":"a@b.example"})",
                         {{"Set-Cookie", "session=token; HttpOnly"}});
    }
    testing::Response sign_in(const testing::Response& sent, const std::string& path = "/auth/signin") {
        return browser()
            .with("Cookie", sent.cookie() + "; session=old; other=1")
            .post(path, "email=a%40b.example&password=p&next=" + http::percent_encode(next_of(sent)));
    }
};

TEST_F(HoldAfterSignIn, holds_the_tickets) {
    for (const auto* path : {"/auth/signin", "/auth/signup"}) {
        auto sent = browser().post("/orders", "ticket=concert&quantity=2&from=listing").expect(303);
        EXPECT_THROW((void)services.last(http::Method::post), std::runtime_error) << "nothing is held yet";
        open(location(sent)).expect(200, "We’ll then hold your tickets.");
        auto signed_in = sign_in(sent, path).expect(303);
        EXPECT_EQ(location(signed_in), "/orders/order-1/pay?done=held");
        EXPECT_EQ(signed_in.headers["Set-Cookie"], "session=token; HttpOnly");
        const auto& request = services.last(http::Method::post);
        EXPECT_EQ(request.path, "/api/orders");
        EXPECT_EQ(request.body, R"({"items":[{"ticketId":"concert","quantity":2}]})");
        EXPECT_EQ(request.headers["Cookie"], "session=token; " + sent.cookie() + "; other=1");
        auto key = std::string{request.headers["Idempotency-Key"]};
        EXPECT_EQ(location(sign_in(sent, path)), "/orders/order-1/pay?done=held");
        EXPECT_EQ(services.last(http::Method::post).headers["Idempotency-Key"], key) << "a double click";
        services.requests.clear();
    }
}

TEST_F(HoldAfterSignIn, holds_a_basket) {
    auto sent = browser()
                    .with("Cookie", "basket=concert:1")
                    .post("/orders", "ticket=concert&quantity=2&key=k1")
                    .expect(303);
    EXPECT_EQ(location(sign_in(sent)), "/orders/order-1/pay?done=held");
    EXPECT_EQ(services.last(http::Method::post).headers["Idempotency-Key"], "k1");
}

TEST_F(HoldAfterSignIn, shows_why_it_can_not) {
    services.respond("POST /api/orders", 409, R"({"errors":[{"message":"Only 1 left","field":"items[0]"}]})");
    auto sent = browser().post("/orders", "ticket=concert&quantity=2&from=listing");
    auto signed_in = sign_in(sent).expect(303);
    EXPECT_TRUE(location(signed_in).starts_with("/tickets/concert?draft=")) << location(signed_in);
    std::string cookies;
    for (const auto& [name, value] : signed_in.headers) {
        if (name == "Set-Cookie") cookies += value + "\n";
    }
    EXPECT_NE(cookies.find("session=token"), std::string::npos) << "the visitor is signed in";
    auto page = browser().with("Cookie", sent.cookie()).get(location(signed_in)).expect(200, "Only 1 left");
    EXPECT_TRUE(has(page, "id=\"quantity-error\""));
    EXPECT_TRUE(
        has(page, "name=\"quantity\" type=\"number\" inputmode=\"numeric\" min=\"1\" max=\"3\" value=\"2\""));
}

TEST_F(HoldAfterSignIn, survives_a_wrong_password) {
    auto sent = browser().post("/orders", "ticket=concert&quantity=2&from=listing");
    services.respond("POST /api/users/signin", 401, R"({"errors":[{"message":"Wrong email or password"}]})");
    auto rejected = sign_in(sent).expect(303);
    auto form = browser().with("Cookie", sent.cookie()).get(location(rejected)).expect(200, "Wrong email");
    EXPECT_TRUE(has(form, "name=\"next\" value=\"" + next_of(sent) + "\""));
    EXPECT_TRUE(has(form, "value=\"a@b.example\""));
    services.respond("POST /api/users/signin", 200, "{}", {{"Set-Cookie", "session=token"}});
    EXPECT_EQ(location(sign_in(sent)), "/orders/order-1/pay?done=held");
}

TEST_F(HoldAfterSignIn, a_get_holds_nothing) {
    auto sent = browser().post("/orders", "ticket=concert&quantity=2&from=listing");
    auto buyer = test.as("buyer").with("Accept", "text/html").with("Cookie", sent.cookie());
    auto opened = buyer.get(location(sent)).expect(303);  // signed in by other means
    auto resumed = buyer.get(location(opened)).expect(303);
    EXPECT_TRUE(location(resumed).starts_with("/tickets/concert?draft="));
    buyer.get(location(resumed)).expect(200, "value=\"2\"");
    EXPECT_THROW((void)services.last(http::Method::post), std::runtime_error);
    EXPECT_EQ(location(open_as("buyer", "/orders/new").expect(303)), "/basket");
    EXPECT_EQ(location(open("/orders/new").expect(303)), "/auth/signin?next=%2Forders%2Fnew");
}

TEST_F(HoldAfterSignIn, goes_to_the_basket_if_the_draft_has_expired) {
    auto sent = browser().post("/orders", "ticket=concert&quantity=2&from=listing");
    test.clock.advance(std::chrono::hours{1});
    EXPECT_EQ(location(sign_in(sent)), "/basket");
    std::string cookies;
    for (const auto& [name, value] : sent.headers) {
        if (name == "Set-Cookie") cookies += value + "\n";
    }
    EXPECT_NE(cookies.find("basket=concert:2;"), std::string::npos) << cookies;
}

// ---- no more than a listing sells per order

TEST_F(Drafts, the_basket_takes_no_more_than_a_listing_sells_per_order) {
    services.respond("GET /api/tickets/concert", 200, concert);  // 3 per order
    auto basket_after = [&](const std::string& before, const std::string& form) {
        auto response = browser().with("Cookie", "basket=" + before).post("/basket", form).expect(303);
        return std::string{
                   response.headers["Set-Cookie"].substr(0, response.headers["Set-Cookie"].find(';'))} +
               " " + location(response);
    };
    EXPECT_EQ(basket_after("", "do=add&ticket=concert&quantity=500"),
              "basket=concert:3 /basket?done=limited");
    EXPECT_EQ(basket_after("", "do=add&ticket=concert&quantity=3"), "basket=concert:3 /basket?done=added");
    EXPECT_EQ(basket_after("concert:2", "do=add&ticket=concert&quantity=2"),
              "basket=concert:3 /basket?done=limited");
    EXPECT_EQ(basket_after("concert:1", "do=update&ticket=concert&quantity=1000000"),
              "basket=concert:3 /basket?done=limited");
    EXPECT_EQ(basket_after("concert:1", "do=update&ticket=concert&quantity=2"), "basket=concert:2 /basket");
    open("/basket?done=limited").expect(200, "That’s as many as you can buy per order.");

    auto held = browser().post("/orders", "ticket=concert&quantity=500&from=listing");
    std::string cookies;
    for (const auto& [name, value] : held.headers) cookies += name == "Set-Cookie" ? value : "";
    EXPECT_NE(cookies.find("basket=concert:3;"), std::string::npos) << cookies;

    // A basket from before the seller lowered the limit, or of a visitor's own making.
    auto page = browser().with("Cookie", "basket=concert:500").get("/basket").expect(200, "€59.70");
    EXPECT_TRUE(has(page, "You can buy up to 3 per order, so we set the quantity to 3."));
    EXPECT_TRUE(has(page, "max=\"3\" value=\"3\""));
    EXPECT_TRUE(page.headers["Set-Cookie"].starts_with("basket=concert:3;"));

    services.down = {"tickets"};
    EXPECT_EQ(basket_after("", "do=add&ticket=concert&quantity=5"), "basket=concert:5 /basket?done=added");
}

}  // namespace
}  // namespace stagedoor::client
