// auth with its mailed links, and whoever reads the mail.
#pragma once

#include "common/security/link.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {

struct LinksTest : AuthTest {
    using Purpose = contracts::LinkPurpose;

    static constexpr auto confirmation = "/api/users/confirm", another = "/api/users/confirm/resend",
                          reset = "/api/users/password/reset",
                          reset_confirmation = "/api/users/password/reset/confirm";

    std::vector<contracts::LinkIssued> issued(Purpose purpose) {
        auto all = auth.published<contracts::LinkIssued>();
        std::erase_if(all, [&](const auto& link) { return link.purpose != purpose; });
        return all;
    }
    // What notifications puts into the mail.
    static std::string token_of(const contracts::LinkIssued& link) {
        return security::link_token(link.id.text, json::to_text(link.purpose),
                                    ServiceTest::default_settings().mail_link_secret);
    }
    std::string mailed(Purpose purpose) { return token_of(issued(purpose).back()); }

    Answered confirm(const std::string& token) {
        return auth.post(confirmation, R"({"token":")" + token + R"("})");
    }
    Answered forget(const std::string& email) { return auth.post(reset, R"({"email":")" + email + R"("})"); }
    Answered set(const std::string& token, const std::string& secret) {
        return auth.post(reset_confirmation,
                         R"({"token":")" + token + R"(","password":")" + secret + R"("})");
    }
};

}  // namespace stagedoor::auth
