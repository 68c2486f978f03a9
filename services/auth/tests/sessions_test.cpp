#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SessionList : AuthTest {
    // Of all other sessions if `id` is empty.
    static Response end(const Client& caller, const std::string& id, std::string_view secret = password) {
        return caller.post("/api/users/sessions/end", R"({"password":")" + std::string{secret} + '"' +
                                                          (id.empty() ? "" : R"(,"id":")" + id + '"') + "}");
    }
};

TEST_F(SessionList, lists_the_devices_where_the_user_is_signed_in) {
    auto phone = auth.nobody()
                     .with("User-Agent", "Phone/1 \xC3\xA9")
                     .post("/api/users/signup", credentials("ada@example.com"));
    auth.clock.advance(1s);
    auto laptop = auth.nobody()
                      .with("User-Agent", std::string(500, 'L'))
                      .post("/api/users/signin", credentials("ada@example.com"));
    (void)sign_up("grace@example.com");

    auto list = with_cookie_of(phone).get("/api/users/sessions");
    list.expect(200);
    ASSERT_EQ(list.json().array()->size(), 2U) << list.body;
    EXPECT_EQ(list.at("[0].userAgent"), std::string(200, 'L'));
    EXPECT_EQ(list.at("[0].current"), "false");
    EXPECT_EQ(list.at("[1].userAgent"), "Phone/1 ??");
    EXPECT_EQ(list.at("[1].current"), "true");
    EXPECT_EQ(list.at("[1].createdAt"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(list.at("[0].createdAt"), "2026-01-01T00:00:01.000Z");
    EXPECT_EQ(list.at("[0].lastSeenAt"), "2026-01-01T00:00:01.000Z");
}

TEST_F(SessionList, is_paginated) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 4; ++i) {
        auth.clock.advance(1s);
        (void)sign_in("ada@example.com");
    }
    std::vector<std::string> seen;
    std::string target = "/api/users/sessions?limit=2";
    while (!target.empty()) {
        auto page = ada.get(target);
        page.expect(200);
        for (const auto& session : *page.json().array()) seen.push_back(*session["id"].string());
        auto link = page.headers["Link"];
        target = link.empty() ? "" : std::string{link.substr(1, link.find('>') - 1)};
    }
    EXPECT_EQ(seen.size(), 5U);
    EXPECT_TRUE(std::ranges::is_sorted(seen, std::greater<>{}));
    ada.get("/api/users/sessions?limit=0").expect(400).expect_field("limit");
    ada.get("/api/users/sessions?after=nonsense").expect(400).expect_field("after");
}

TEST_F(SessionList, omits_ended_and_expired_sessions) {
    auto first = signed_up("ada@example.com");
    auth.clock.advance(20h);
    auto second = with_cookie_of(sign_in("ada@example.com")),
         third = with_cookie_of(sign_in("ada@example.com"));
    third.post("/api/users/signout").expect(200);
    EXPECT_EQ(second.get("/api/users/sessions").json().array()->size(), 2U);
    auth.clock.advance(4h);
    EXPECT_EQ(second.get("/api/users/sessions").json().array()->size(), 1U);
}

TEST_F(SessionList, requires_a_session) {
    auth.get("/api/users/sessions").expect(401);
    auth.post("/api/users/sessions/end", R"({"password":"x"})").expect(401);
}

TEST_F(SessionList, ends_a_session_on_another_device) {
    auto here = signed_up("ada@example.com");
    auth.clock.advance(1s);
    auto there = with_cookie_of(sign_in("ada@example.com"));
    auto id = here.get("/api/users/sessions").at("[0].id");
    end(here, id, "wrong horse").expect(400, "wrong").expect_field("password");
    here.post("/api/users/sessions/end", R"({"id":")" + id + R"("})").expect(400).expect_field("password");
    EXPECT_TRUE(is_signed_in(there));
    end(here, id).expect(200);
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_TRUE(is_signed_in(here));
    ASSERT_EQ(auth.published<contracts::SessionRevoked>().size(), 1U);
    EXPECT_EQ(auth.published<contracts::SessionRevoked>()[0].id.text, id);
    end(here, id).expect(404);
}

TEST_F(SessionList, ends_all_other_sessions_at_once) {
    auto here = signed_up("ada@example.com"), eve = signed_up("eve@example.com");
    auto there = with_cookie_of(sign_in("ada@example.com"));
    auto response = end(here, "");
    response.expect(200);
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_FALSE(is_signed_in(here)) << "its token is older than the epoch";
    EXPECT_TRUE(is_signed_in(with_cookie_of(response)));
    EXPECT_TRUE(is_signed_in(eve));
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
    EXPECT_EQ(with_cookie_of(response).get("/api/users/sessions").json().array()->size(), 1U);
}

TEST_F(SessionList, limits_guesses_of_the_password) {
    auto here = signed_up("ada@example.com");
    for (int i = 0; i < 10; ++i) end(here, "", "wrong horse").expect(400);
    end(here, "").expect(429);
}

TEST_F(SessionList, hides_sessions_of_other_users) {
    auto ada = signed_up("ada@example.com"), eve = signed_up("eve@example.com");
    auto id = ada.get("/api/users/sessions").at("[0].id");
    end(eve, id).expect(404);
    end(eve, "not-an-id").expect(404);
    EXPECT_TRUE(is_signed_in(ada));
}

TEST_F(SessionList, ends_however_often_a_session_is_renewed) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 2 * 29; ++i) {
        auth.clock.advance(12h);
        auto renewed = ada.get("/api/users/currentuser");
        ASSERT_TRUE(renewed.headers.has("Set-Cookie")) << i;
        ada = with_cookie_of(renewed);
    }
    auth.clock.advance(12h);  // half a day before the 30 days are over
    auto last = ada.get("/api/users/currentuser");
    EXPECT_NE(last.headers["Set-Cookie"].find("Max-Age=43200;"), std::string_view::npos)
        << last.headers["Set-Cookie"];
    ada = with_cookie_of(last);
    EXPECT_TRUE(is_signed_in(ada));
    auth.clock.advance(12h);
    EXPECT_FALSE(is_signed_in(ada));
}

TEST_F(SessionList, is_cleaned_up_every_hour) {
    (void)sign_up("ada@example.com");
    (void)signed_up("eve@example.com").post("/api/users/signout");
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 2);
    auth.clock.advance(24h);
    for (int hour = 0; hour < 3; ++hour) auth.clock.advance(1h);
    testing::eventually([this] {
        auth.clock.advance(1h);
        return auth.number("SELECT count(*) FROM sessions") == 0 &&
               auth.number("SELECT count(*) FROM revoked_sessions") == 0;
    });
}

}  // namespace
}  // namespace stagedoor::auth
