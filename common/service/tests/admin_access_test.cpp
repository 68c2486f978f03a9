#include "common/service/admin_access.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"

namespace stagedoor {
namespace {

// "open", or why not.
std::string result(const ProgramSettings& settings, const std::string& target, const std::string& token = {},
                   const std::string& client = "127.0.0.1") {
    http::Request request;
    request.remote_address = client;
    EXPECT_TRUE(request.set_target(target));
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    try {
        AdminAccess{settings}.check(request);
        return "open";
    } catch (const ApiError& error) {
        return error.kind() == ErrorKind::not_signed_in ? "401" : "403";
    }
}

const std::string token = "a token of the operators";

TEST(AdminAccess, without_a_token_everybody_on_this_machine_is_an_operator) {
    for (auto target : {"/healthz", "/readyz", "/metrics", "/admin/audit", "/admin/dead-letters"})
        EXPECT_EQ(result({}, target), "open") << target;
}

TEST(AdminAccess, needs_the_token_except_for_probes) {
    for (auto address : {"127.0.0.1", "0.0.0.0"}) {
        ProgramSettings settings{.admin_address = address, .admin_token = token};
        for (auto target : {"/healthz", "/readyz"}) EXPECT_EQ(result(settings, target), "open") << target;
        for (auto target :
             {"/metrics", "/admin/audit", "/admin/dead-letters", "/", "/healthz/", "/metrics/"}) {
            EXPECT_EQ(result(settings, target), "401") << target;
            for (auto wrong :
                 {"a token of the operator", "a token of the operators'", "A token of the operators"})
                EXPECT_EQ(result(settings, target, wrong), "401") << target << " with " << wrong;
            EXPECT_EQ(result(settings, target, token), "open") << target;
        }
    }
}

TEST(AdminAccess, anyone_who_can_open_the_unix_socket_is_an_operator) {
    for (auto target : {"/healthz", "/metrics", "/admin/audit"}) {
        for (auto address : {"127.0.0.1", "0.0.0.0"}) {
            ProgramSettings settings{.admin_address = address, .admin_token = token};
            EXPECT_EQ(result(settings, target, "", "unix"), "open") << target;
            settings.admin_token.clear();
            EXPECT_EQ(result(settings, target, "", "unix"), "open") << target;
        }
    }
}

TEST(AdminAccess, can_open_metrics_without_opening_anything_else) {
    ProgramSettings settings{.admin_address = "0.0.0.0", .metrics_without_token = true};
    EXPECT_EQ(result(settings, "/metrics"), "open");
    EXPECT_EQ(result(settings, "/readyz"), "open");
    EXPECT_EQ(result(settings, "/admin/audit"), "403");
    settings.admin_token = token;
    EXPECT_EQ(result(settings, "/metrics"), "open");
    EXPECT_EQ(result(settings, "/admin/audit"), "401");
    EXPECT_EQ(result(settings, "/admin/audit", token), "open");
}

}  // namespace
}  // namespace stagedoor
