// A fixture for routes with email links: reads the tokens that users receive by email.
#pragma once

#include "common/security/link.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {

struct LinksTest : AuthTest {
    using Purpose = contracts::LinkPurpose;

    static constexpr auto confirm_path = "/api/users/confirm", resend_path = "/api/users/confirm/resend",
                          reset_path = "/api/users/password/reset",
                          reset_confirm_path = "/api/users/password/reset/confirm";

    std::vector<contracts::LinkIssued> issued(Purpose purpose) {
        auto all = auth.published<contracts::LinkIssued>();
        std::erase_if(all, [&](const auto& link) { return link.purpose != purpose; });
        return all;
    }
    // The token that notifications puts into the email.
    static std::string token_of(const contracts::LinkIssued& link) {
        return security::link_token(link.id.text, json::to_text(link.purpose),
                                    test_settings().mail_link_secret);
    }
    std::string emailed_token(Purpose purpose) { return token_of(issued(purpose).back()); }

    Response confirm(const std::string& token) {
        return auth.post(confirm_path, R"({"token":")" + token + R"("})");
    }
    Response request_reset(const std::string& email) {
        return auth.post(reset_path, R"({"email":")" + email + R"("})");
    }
    Response reset_password(const std::string& token, const std::string& secret) {
        return auth.post(reset_confirm_path,
                         R"({"token":")" + token + R"(","password":")" + secret + R"("})");
    }
};

}  // namespace stagedoor::auth
