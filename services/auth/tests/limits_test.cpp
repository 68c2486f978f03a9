#include "services/auth/limits.hpp"

#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

struct Limits : LinksTest {
    Response post_from(const std::string& address, const std::string& target, std::string body,
                       const std::string& cookie = {}) {
        http::Request request;
        request.method = http::Method::post;
        EXPECT_TRUE(request.set_target(target));
        request.headers.add("Content-Type", "application/json");
        request.remote_address = address;
        if (!cookie.empty()) request.headers.add("Cookie", cookie);
        request.body = std::move(body);
        return auth.send(std::move(request));
    }
};

TEST_F(Limits, allow_10_password_guesses) {
    sign_up("ada@example.com").expect(201);
    for (int i = 0; i < 10; ++i) sign_in("ada@example.com", "wrong horse").expect(401);
    auth.clock.advance(5min);
    auto limited = sign_in("ada@example.com");
    limited.expect(429, "Too many attempts. Try again in 10 minutes");
    EXPECT_EQ(limited.headers["Retry-After"], "600");
    auth.clock.advance(10min);
    sign_in("ada@example.com").expect(200);
}

TEST_F(Limits, on_guesses_from_one_network_lock_out_nobody_elsewhere) {
    sign_up("ada@example.com").expect(201);
    auto guess = [&](const std::string& from) {
        return post_from(from, "/api/users/signin", credentials("ada@example.com", "wrong horse")).status;
    };
    for (int i = 0; i < 10; ++i) EXPECT_EQ(guess("192.0.2.1"), 401);
    EXPECT_EQ(guess("192.0.2.1"), 429);
    post_from("192.0.2.2", "/api/users/signin", credentials("ada@example.com")).expect(200);
}

TEST_F(Limits, on_guesses_from_many_networks_lock_out_no_browser_that_the_account_knows) {
    auto known = device_from(sign_up("ada@example.com"));
    ASSERT_FALSE(known.empty());
    auto try_from = [&](const std::string& network, const std::string& cookie, std::string_view secret) {
        return post_from(network, "/api/users/signin", credentials("ada@example.com", secret), cookie);
    };
    for (int i = 0; i < 100; ++i) try_from("198.51.100." + std::to_string(i), "", "wrong horse").expect(401);
    try_from("192.0.2.1", "", password).expect(429);
    try_from("192.0.2.1", "device=made.up", password).expect(429);
    auto of_eve = device_from(sign_up("eve@example.com"));
    try_from("192.0.2.1", of_eve, password).expect(429);
    auto renewed = try_from("192.0.2.1", known, password);
    renewed.expect(200);
    EXPECT_EQ(device_from(renewed), known) << "it keeps its id";
    for (int i = 0; i < 10; ++i) try_from("192.0.2.1", known, "wrong horse").expect(401);
    try_from("192.0.2.1", known, password).expect(429);
}

TEST_F(Limits, apply_to_unknown_users_too) {
    for (int i = 0; i < 10; ++i) sign_in("nobody@example.com").expect(401);
    sign_in("nobody@example.com").expect(429);
}

TEST_F(Limits, ignore_successful_sign_ins) {
    sign_up("ada@example.com").expect(201);
    for (int i = 0; i < 12; ++i) sign_in("ada@example.com").expect(200);
}

TEST_F(Limits, on_guesses_are_lifted_by_a_password_reset) {
    sign_up("ada@example.com").expect(201);
    for (int i = 0; i < 10; ++i) sign_in("ada@example.com", "wrong horse").expect(401);
    request_reset("ada@example.com").expect(200);
    sign_in("ada@example.com").expect(429);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(Limits, apply_to_concurrent_guesses) {
    sign_up("ada@example.com").expect(201);
    std::vector<int> statuses(16);
    {
        std::vector<std::jthread> guesses;
        for (auto& status : statuses)
            guesses.emplace_back([&] { status = sign_in("ada@example.com", "wrong horse").status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 401), 10);
    EXPECT_EQ(std::ranges::count(statuses, 429), 6);
}

TEST_F(Limits, apply_per_network_whatever_the_email) {
    auth.write([](sql::Tx& tx) {
        tx.execute("INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ($1, $2, $3, $4)",
                   sign_ins_of_network.name, "192.0.2.1", 100, tx.now() + sign_ins_of_network.window);
        tx.execute("INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ($1, $2, $3, $4)",
                   sign_ups_of_network.name, "192.0.2.1", 60, tx.now() + sign_ups_of_network.window);
    });
    post_from("192.0.2.1", "/api/users/signin", credentials("ada@example.com")).expect(429);
    post_from("192.0.2.2", "/api/users/signin", credentials("ada@example.com")).expect(401);
    auto limited = post_from("::ffff:192.0.2.1", "/api/users/signup", credentials("ada@example.com"));
    limited.expect(429);
    EXPECT_EQ(limited.headers["Retry-After"], "3600");
    post_from("192.0.2.2", "/api/users/signup", credentials("ada@example.com")).expect(201);
}

TEST(LimitsDisabled, count_nothing) {
    ServiceTest auth{make_service, test_settings(), {.rate_limits = false}};
    for (int i = 0; i < 12; ++i)
        auth.post("/api/users/signin", credentials("nobody@example.com")).expect(401);
    EXPECT_EQ(auth.number("SELECT count(*) FROM rate_limits"), 0);
}

TEST(Network, is_an_ipv4_address_or_an_ipv6_64_prefix) {
    EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(network_of("2001:db8:1:2::1"), "2001:db8:1:2::/64");
    EXPECT_EQ(network_of(""), "");
}

}  // namespace
}  // namespace stagedoor::auth
