// ADMISSIONS_SECRET can be replaced: keys are encrypted anew, and what was handed out before goes on working
// while the previous secret is known.
#include "services/admissions/key_ring.hpp"
#include "services/admissions/tests/samples.hpp"
#include "services/admissions/tokens.hpp"

namespace stagedoor::admissions {

struct ReplacedSecret : Test {
    static constexpr auto old_secret = "a secret for tests only", new_secret = "another secret for tests";

    void replace() { admissions.restart_with(Settings{.secret = new_secret, .secret_previous = old_secret}); }
    void forget_the_old_one() { admissions.restart_with(Settings{.secret = new_secret}); }
    [[nodiscard]] std::vector<std::string> sealed() {
        return admissions.read([](sql::Tx& tx) {
            return tx.query<std::string>("SELECT sealed FROM listing_keys ORDER BY ticket_id, number");
        });
    }
    void wait_until_none_is(const std::vector<std::string>& before) {
        eventually([&] {
            auto now = sealed();
            return std::ranges::none_of(
                now, [&](const auto& each) { return std::ranges::find(before, each) != before.end(); });
        });
    }
    [[nodiscard]] Response claim(const std::string& user, const std::string& token) {
        return admissions.as(user).post("/api/admissions/transfers/claim", R"({"token":")" + token + R"("})");
    }
};

TEST_F(ReplacedSecret, keeps_codes_and_encrypts_keys_anew) {
    lists();
    lists("play");
    auto code = sold_code();
    buys("second", "buyer", {{"play"}});
    auto other = code_of(passes("buyer", "?orderId=second").at("[0].id"));
    auto before = sealed();
    ASSERT_EQ(before.size(), 2u);
    replace();
    EXPECT_EQ(code_of(passes("buyer", "?orderId=order").at("[0].id")), code);
    wait_until_none_is(before);
    forget_the_old_one();
    EXPECT_EQ(code_of(passes("buyer", "?orderId=order").at("[0].id")), code);
    EXPECT_EQ(code_of(passes("buyer", "?orderId=second").at("[0].id")), other);
    expect_admitted(scanner_at("Main"), code);
}

// A replica that was started with the old settings, after this one has looked.
TEST_F(ReplacedSecret, encrypts_keys_that_are_made_later) {
    replace();
    lists();
    auto public_key = security::new_signing_key(admissions.random);
    security::Sealer old{old_secret, "admissions: keys of listings"};
    std::string both(public_key.secret_key.size() + sizeof(code::Key), 'k');
    std::ranges::copy(public_key.secret_key, both.begin());
    auto late = old.seal(both, "concert/1", admissions.random);
    admissions.write([&](sql::Tx& tx) {
        store::add_key(tx, TicketId{"concert"},
                       {.number = 1,
                        .public_key = security::base64url(
                            {reinterpret_cast<const char*>(public_key.public_key.data()), 32}),
                        .sealed = late,
                        .created_at = admissions.clock.now()});
    });
    auto code = sold_code();
    eventually([&] {
        admissions.clock.advance(1min);
        return sealed().front() != late;
    });
    forget_the_old_one();
    EXPECT_EQ(code_of(pass_of()), code);
}

TEST_F(ReplacedSecret, keeps_doors_devices_and_links_until_it_is_forgotten) {
    lists();
    auto code = sold_code();
    auto door = token_in(create_door("Main").expect(201).at("link"));
    auto device = with_token(join(door).expect(201).at("token"));
    auto link = token_in(admissions.as("buyer")
                             .post("/api/admissions/passes/" + pass_of() + "/transfer")
                             .expect(201)
                             .at("link"));
    replace();
    device.get("/api/admissions/scanner/status").expect(200);
    auto later = with_token(join(door).expect(201).at("token"));
    expect_admitted(later, code);
    auto second = token_in(create_door("Second").expect(201).at("link"));
    forget_the_old_one();
    device.get("/api/admissions/scanner/status").expect(401);
    join(door).expect(401);
    join(second).expect(201);
    later.get("/api/admissions/scanner/status").expect(200);
    claim("friend", link).expect(404);
}

TEST_F(ReplacedSecret, keeps_links_that_pass_a_ticket_on) {
    lists();
    buys("order");
    auto offer = [&] {
        return token_in(admissions.as("buyer")
                            .post("/api/admissions/passes/" + pass_of() + "/transfer")
                            .expect(201)
                            .at("link"));
    };
    auto link = offer();
    replace();
    EXPECT_NE(offer(), link) << "the page has the link that will go on working";
    claim("friend", link).expect(200);
}

// Before a rolling restart, replicas learn the new secret while the old one is still in use.
TEST_F(ReplacedSecret, may_be_announced_before_it_is_used) {
    lists();
    auto code = sold_code();
    auto before = sealed();
    admissions.restart_with(Settings{.secret = old_secret, .secret_previous = new_secret});
    Tokens of_another_replica{new_secret, old_secret};
    auto door = create_door("Main").expect(201);
    EXPECT_EQ(Tokens{old_secret}.make(TokenKind::door, door.at("id")), token_in(door.at("link")));
    join(of_another_replica.make(TokenKind::door, door.at("id"))).expect(201);
    EXPECT_EQ(sealed(), before);
    EXPECT_EQ(code_of(pass_of()), code);
}

TEST(AdmissionsSettings, need_two_different_secrets) {
    std::vector<std::string> problems;
    check_settings({.secret = "0123456789abcdef", .secret_previous = "0123456789abcdef"}, {}, problems);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_TRUE(problems[0].starts_with("ADMISSIONS_SECRET_PREVIOUS is the same")) << problems[0];
}

}  // namespace stagedoor::admissions
