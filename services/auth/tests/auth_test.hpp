// A fixture that runs auth alone, with shorthands for signing up and in.
#pragma once

#include "contracts/events/auth.hpp"
#include "services/auth/service.hpp"
#include "services/auth/settings.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::auth {

using namespace std::chrono_literals;
using testing::Client;
using testing::Response;
using testing::ServiceTest;

inline constexpr std::string_view password = "correct horse";

inline Settings test_settings() {
    return {.jwt_key_secret = "a secret for tests only", .mail_link_secret = "another secret for tests"};
}

inline std::string credentials(std::string_view email, std::string_view secret = password) {
    return R"({"email":")" + std::string{email} + R"(","password":")" + std::string{secret} + R"("})";
}

// The Cookie header that a browser sends after this response; empty if it sets no cookie or clears it.
inline std::string cookie_from(const Response& response) {
    auto header = response.headers["Set-Cookie"];
    auto pair = header.substr(0, header.find(';'));
    return pair.ends_with('=') ? std::string{} : std::string{pair};
}

// The same of the cookie by which the browser is known.
inline std::string device_from(const Response& response) {
    for (const auto& [name, value] : response.headers) {
        if (http::same_name(name, "Set-Cookie") && value.starts_with("device="))
            return value.substr(0, value.find(';'));
    }
    return {};
}

struct AuthTest : ::testing::Test {
    ServiceTest auth{make_service, test_settings()};

    Response sign_up(std::string_view email, std::string_view secret = password) {
        return auth.post("/api/users/signup", credentials(email, secret));
    }
    Response sign_in(std::string_view email, std::string_view secret = password) {
        return auth.post("/api/users/signin", credentials(email, secret));
    }
    Client with_cookie_of(const Response& response) {
        return auth.nobody().with("Cookie", cookie_from(response));
    }
    Client signed_up(std::string_view email) {
        auto response = sign_up(email);
        response.expect(201);
        return with_cookie_of(response);
    }
    static bool is_signed_in(const Client& caller) {
        auto response = caller.get("/api/users/currentuser");
        response.expect(200);
        return response.at("currentUser") != "null";
    }
};

}  // namespace stagedoor::auth
