#include "services/auth/commands.hpp"

#include "services/auth/key_ring.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

// Runs the commands on a running service, as `stagedoor-auth` does in a process of its own.
struct Commands : AuthTest {
    struct Ended {
        int code = 0;
        std::string output, errors;
    };
    Ended run(const std::string& name, std::vector<std::string> arguments) {
        auto all = commands();
        auto found = std::ranges::find(all, name, &Command::name);
        if (found == all.end()) throw std::invalid_argument(name);
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        auto code = auth.loop.wait_for(found->run(auth.host(), arguments));
        return {code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
    }
    std::string id_of(const std::string& email) {
        return auth.read([&](sql::Tx& tx) {
            return tx.find<std::string>("SELECT id FROM users WHERE email = $1", email).value();
        });
    }
    std::string current_key() { return auth.get("/api/users/jwks.json").at("keys[0].kid"); }
    // "action subject", newest first.
    std::vector<std::string> audited() {
        auto audit = auth.admin_get("/admin/audit").expect(200);
        std::vector<std::string> all;
        for (std::size_t i = 0; i < audit.count(); ++i) {
            auto entry = "[" + std::to_string(i) + "].";
            EXPECT_TRUE(audit.at(entry + "actor").starts_with("command of uid ")) << audit.body;
            EXPECT_EQ(audit.at(entry + "service"), "auth");
            all.push_back(audit.at(entry + "action") + " " + audit.at(entry + "subject"));
        }
        return all;
    }
    bool is_counted(const std::string& event, int times) {
        return auth.metrics.to_text().contains("stagedoor_security_events_total{event=\"" + event + "\"} " +
                                               std::to_string(times) + "\n");
    }
};

TEST_F(Commands, about_users_are_in_the_audit_log_and_the_security_log) {
    (void)sign_up("ada@example.com");
    auto user = "user " + id_of("ada@example.com");
    std::vector<std::string> expected;
    auto done = [&](const std::string& name, std::vector<std::string> arguments, const std::string& entry) {
        auth.clock.advance(1s);  // ids are in order of time
        auto ended = run(name, std::move(arguments));
        EXPECT_EQ(ended.code, 0) << ended.errors;
        EXPECT_TRUE(ended.output.contains("ada@example.com "))
            << ended.output;  // lines of the log are before it
        expected.insert(expected.begin(), entry);
        EXPECT_EQ(audited(), expected);
    };
    done("grant", {"ada@example.com", "admin"}, "grant " + user + " role admin");
    done("revoke", {"ada@example.com", "admin"}, "revoke " + user + " role admin");
    done("end-sessions", {"ada@example.com"}, "end-sessions " + user);
    done("disable", {"ada@example.com"}, "disable " + user);
    done("enable", {"ada@example.com"}, "enable " + user);
    done("remove-name", {"ada@example.com"}, "remove-name " + user);
    EXPECT_TRUE(is_counted("role-changed", 2));
    EXPECT_TRUE(is_counted("session-ended", 1));
    EXPECT_TRUE(is_counted("admin-action", 3));
}

TEST_F(Commands, print_the_id_of_a_user) {
    (void)sign_up("ada@example.com");
    auto ended = run("user", {"Ada@Example.com"});
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_EQ(ended.output, id_of("ada@example.com") + "\n");
    for (const auto& known : {id_of("ada@example.com"), std::string{"ada@example.com"}})
        EXPECT_EQ(auth.loop.wait_for(find_user(auth.host(), known)), UserId{id_of("ada@example.com")});
    EXPECT_EQ(auth.loop.wait_for(find_user(auth.host(), "not an address")), std::nullopt);
    EXPECT_TRUE(audited().empty());
}

// By the id, which a listing shows.
TEST_F(Commands, take_away_a_name_that_must_not_be) {
    auto client = signed_up("ada@example.com");
    client.put("/api/users/name", R"({"name":"Official Ticket Office"})").expect(200);
    EXPECT_EQ(run("remove-name", {id_of("ada@example.com")}).code, 0);
    EXPECT_EQ(client.get("/api/users/currentuser").at("currentUser.name"), "");
    auto events = auth.published<contracts::SellerNamed>();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[1].name, "");
    EXPECT_EQ(run("remove-name", {"ada@example.com"}).code, 0);
    EXPECT_EQ(auth.published<contracts::SellerNamed>().size(), 2U) << "there is none to take away";
}

TEST_F(Commands, about_nobody_change_nothing_and_leave_no_entry) {
    for (const auto* name : {"grant", "revoke", "end-sessions", "disable", "enable", "remove-name", "user"}) {
        auto ended = run(name, {"nobody@example.com", "admin"});
        EXPECT_EQ(ended.code, 1) << name;
        EXPECT_EQ(ended.errors, "no user has the id or email nobody@example.com\n") << name;
    }
    EXPECT_TRUE(audited().empty());
}

TEST_F(Commands, withdraw_a_signing_key_with_an_entry) {
    auto stolen = current_key();
    auto ended = run("retire-key", {stolen});
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_NE(current_key(), stolen);
    EXPECT_TRUE(ended.output.contains(stolen +
                                      " withdrawn: whoever has signed in with it must sign in again\n" +
                                      current_key() + " signs from now on\n"))
        << ended.output;
    EXPECT_EQ(audited(), std::vector{"retire-key signing key " + stolen});
    EXPECT_TRUE(is_counted("key-changed", 1));

    ended = run("retire-key", {stolen});
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.errors,
              "no signing key in use has the id " + stolen + "; /api/users/jwks.json lists them\n");
    EXPECT_EQ(audited().size(), 1U);
    EXPECT_EQ(run("retire-key", {"all"}).code, 0);
}

// Running programs could not open a key that the command encrypts under another secret than theirs.
TEST_F(Commands, withdraw_no_key_while_programs_use_the_previous_secret) {
    auto settings = test_settings();
    settings.jwt_key_secret = "the secret of tomorrow";
    settings.jwt_key_secret_previous = test_settings().jwt_key_secret;
    auto before = current_key();
    auth.restart_with(settings);  // encrypts the keys anew
    EXPECT_EQ(run("retire-key", {before}).code, 0);
    auto sealed_under_old = KeyRing{test_settings().jwt_key_secret}.make(
        3, auth.clock.now(), auth.clock.now() + 10min, auth.random);
    security::Sessions sessions{auth.clock, false};
    auth.write([&](sql::Tx& tx) { store::add_key(tx, sealed_under_old, sessions); });
    EXPECT_THROW((void)run("retire-key", {"all"}), std::runtime_error);
    (void)::testing::internal::GetCapturedStdout();
    (void)::testing::internal::GetCapturedStderr();
    EXPECT_EQ(audited().size(), 1U);
}

}  // namespace
}  // namespace stagedoor::auth
