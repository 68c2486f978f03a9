// auth alone, and people who sign up to it.
#pragma once

#include "services/auth/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::auth {

using namespace std::chrono_literals;
using testing::Answered;
using testing::Caller;
using testing::ServiceTest;

inline constexpr std::string_view password = "correct horse";

inline std::string credentials(std::string_view email, std::string_view secret = password) {
    return R"({"email":")" + std::string{email} + R"(","password":")" + std::string{secret} + R"("})";
}

// The Cookie header that a browser would send after this answer; empty when it sets none or takes it away.
inline std::string cookie_after(const Answered& answered) {
    auto set = answered.headers["Set-Cookie"];
    auto pair = set.substr(0, set.find(';'));
    return pair.ends_with('=') ? std::string{} : std::string{pair};
}

struct AuthTest : ::testing::Test {
    ServiceTest auth{make_service};

    Answered sign_up(std::string_view email, std::string_view secret = password) {
        return auth.post("/api/users/signup", credentials(email, secret));
    }
    Answered sign_in(std::string_view email, std::string_view secret = password) {
        return auth.post("/api/users/signin", credentials(email, secret));
    }
    Caller with_cookie_of(const Answered& answered) {
        return auth.nobody().with("Cookie", cookie_after(answered));
    }
    Caller signed_up(std::string_view email) {
        auto answered = sign_up(email);
        answered.expect(201);
        return with_cookie_of(answered);
    }
    static bool is_signed_in(const Caller& caller) {
        auto answered = caller.get("/api/users/currentuser");
        answered.expect(200);
        return answered.at("currentUser") != "null";
    }
};

}  // namespace stagedoor::auth
