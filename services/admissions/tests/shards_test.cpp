#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct ChangeShards : Test {
    // Those that the scanner owns, by its own pack.
    [[nodiscard]] std::size_t owned(const Response& shards, const std::string& scanner) {
        std::size_t count = 0;
        for (int i = 0; i < code::shard_count; ++i)
            count += shards.at("shards[" + std::to_string(i) + "].owner") == scanner ? 1 : 0;
        return count;
    }
    struct Joined {
        std::string id;
        Client client;
    };
    Joined joins(const std::string& door, const std::string& role = "steward") {
        auto response = join(token_in(create_door(door, role).expect(201).at("link"))).expect(201);
        return {response.at("id"), with_token(response.at("token"))};
    }
    [[nodiscard]] static std::string claim(const std::string& code) {
        return R"({"claim":[)" + std::to_string(shard_in(code)) + "]}";
    }
    [[nodiscard]] static std::string release(const std::string& code, std::int64_t epoch) {
        return R"({"release":[{"shard":)" + std::to_string(shard_in(code)) + R"(,"epoch":)" +
               std::to_string(epoch) + "}]}";
    }
    void opens() {
        auto first = joins("First");
        (void)shards(first.client, R"({"claim":[]})").expect(503);
        closes_returns();
    }
};

TEST_F(ChangeShards, hands_none_out_before_returns_are_closed) {
    lists();
    auto scanner = joins("Main");
    auto response = shards(scanner.client, R"({"claim":[]})").expect(503);
    EXPECT_EQ(response.header("Retry-After"), "1");
    EXPECT_EQ(admissions.published<contracts::DoorsOpened>().size(), 1u);
    shards(scanner.client, R"({"claim":[1]})").expect(503);
    closes_returns();
    shards(scanner.client, R"({"claim":[1]})").expect(200);
    EXPECT_EQ(admissions.published<contracts::DoorsOpened>().size(), 1u);
}

TEST_F(ChangeShards, hands_out_a_fair_share) {
    lists();
    opens();
    auto a = joins("A"), b = joins("B"), c = joins("C");
    auto of_a = shards(a.client, R"({"claim":[]})").expect(200);
    EXPECT_EQ(owned(of_a, a.id), 16u);
    EXPECT_EQ(of_a.count("claimed"), 16u);
    EXPECT_EQ(of_a.at("shards[0].epoch"), "1");
    EXPECT_EQ(owned(shards(a.client, R"({"claim":[]})"), a.id), 16u) << "and no more when it asks again";
    auto of_b = shards(b.client, R"({"claim":[]})");
    EXPECT_EQ(owned(of_b, b.id), 16u);
    EXPECT_EQ(owned(of_b, a.id), 16u);
}

TEST_F(ChangeShards, only_the_owner_admits) {
    lists();
    opens();
    auto code = sold_code();
    auto a = joins("Gate A"), b = joins("Gate B");
    shards(a.client, claim(code)).expect(200);
    for (const auto& each : {a, b}) {
        auto refused = scan(each.client, code);
        expect_refused(refused, "elsewhere");
        EXPECT_EQ(refused.at("owner.door"), "Gate A");
        EXPECT_EQ(refused.at("owner.number"), "2");
    }
    expect_refused(scan(b.client, code, "checkOut"), "elsewhere");
    shards(a.client, release(code, 1)).expect(200);
    expect_admitted(b.client, code);
}

TEST_F(ChangeShards, says_who_wants_a_shard) {
    lists();
    opens();
    auto code = sold_code();
    auto a = joins("A"), b = joins("B");
    shards(a.client, claim(code)).expect(200);
    auto response = shards(b.client, claim(code)).expect(200);
    EXPECT_EQ(response.count("claimed"), 0u);
    auto status = a.client.get("/api/admissions/scanner/status").expect(200);
    ASSERT_EQ(status.count("requested"), 1u);
    EXPECT_EQ(status.at("requested[0]"), std::to_string(shard_in(code)));
    shards(a.client, release(code, 1)).expect(200);
    EXPECT_EQ(a.client.get("/api/admissions/scanner/status").count("requested"), 0u);
    EXPECT_EQ(shards(b.client, claim(code)).count("claimed"), 1u);
}

TEST_F(ChangeShards, hands_over_who_was_admitted_before) {
    lists();
    set(R"({"transfers":"allowed","rotating":false,"reentry":"allowed","mode":"strict"})");
    auto code = sold_code();
    auto a = joins("A"), b = joins("B");
    expect_admitted(a.client, code);
    closes_returns();
    auto serial = code::parse(code).value().serial;
    auto expected = security::base64url({reinterpret_cast<const char*>(serial.bytes.data()), 8});
    auto claimed = shards(b.client, claim(code)).expect(200);
    EXPECT_EQ(claimed.at("claimed[0].inside"), expected);
    EXPECT_EQ(claimed.at("claimed[0].used"), "");
    EXPECT_EQ(claimed.at("claimed[0].epoch"), "1");
    upload(b.client, uploaded("check-out", code, 1, "checkOut")).expect(200, "recorded");
    auto again = shards(b.client, claim(code)).expect(200);
    EXPECT_EQ(again.at("claimed[0].inside"), "");
    EXPECT_EQ(again.at("claimed[0].used"), expected);
    EXPECT_EQ(again.at("claimed[0].epoch"), "1") << "it had it already";
}

TEST_F(ChangeShards, ignores_a_release_of_another_epoch_or_scanner) {
    lists();
    opens();
    auto code = sold_code();
    auto a = joins("A"), b = joins("B");
    shards(a.client, claim(code)).expect(200);
    EXPECT_EQ(owned(shards(a.client, release(code, 0)), a.id), 1u);
    EXPECT_EQ(owned(shards(b.client, release(code, 1)), a.id), 1u);
    EXPECT_EQ(owned(shards(a.client, release(code, 1)), a.id), 0u);
    EXPECT_EQ(owned(shards(a.client, release(code, 1)), a.id), 0u);
}

TEST_F(ChangeShards, is_not_for_lenient_doors) {
    lists();
    set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"lenient"})");
    shards(joins("A").client, R"({"claim":[]})").expect(409);
}

TEST_F(ChangeShards, names_what_is_invalid) {
    lists();
    auto scanner = joins("A").client;
    shards(scanner, R"({"claim":[64]})").expect(400).expect_field("claim[0]");
    shards(scanner, R"({"release":[{"shard":-1}]})")
        .expect(400)
        .expect_fields({"release[0].shard", "release[0].epoch"});
}

// The owner may admit it until it knows; what it has admitted by then is valid.
TEST_F(ChangeShards, revokes_a_pass_once_its_owner_acknowledges) {
    lists();
    opens();
    auto code = sold_code("first"), other = sold_code("second");
    auto a = joins("A"), b = joins("B");
    shards(a.client, claim(code)).expect(200);
    shards(a.client, claim(other)).expect(200);
    voids("first");
    voids("second");
    auto status = a.client.get("/api/admissions/scanner/status").expect(200);
    EXPECT_EQ(status.at("revokedVersion"), "2");
    ASSERT_EQ(status.count("revoking"), 2u);
    EXPECT_EQ(status.at("revoking[0][1]"), "1");
    EXPECT_EQ(b.client.get("/api/admissions/scanner/status").count("revoking"), 0u);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoking'"), 2);
    shards(b.client, R"({"acknowledgeRevoked":2})").expect(200);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoking'"), 2);
    upload(a.client, uploaded("just before", code, 1)).expect(200, "recorded");
    shards(a.client, R"({"acknowledgeRevoked":1})").expect(200);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoked'"), 1);
    shards(a.client, release(other, 1)).expect(200);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoked'"), 2);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE entries > 0"), 1);
    expect_refused(scan(b.client, other), "revoked");
}

// Being of different entities, either may be delayed: a return from the last moment counts all the same.
TEST_F(ChangeShards, a_return_counts_before_and_after_returns_closed) {
    lists();
    auto before = sold_code("before"), after = sold_code("after"), kept = sold_code("kept");
    auto a = joins("A"), b = joins("B");
    (void)shards(a.client, R"({"claim":[]})").expect(503);  // opens the doors
    voids("before");
    closes_returns();
    for (const auto& code : {before, after, kept}) shards(a.client, claim(code)).expect(200);
    voids("after");
    EXPECT_EQ(passes("buyer", "?orderId=after").at("[0].status"), "revoked");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM dead_generations"), 2);
    auto status = a.client.get("/api/admissions/scanner/status").expect(200);
    EXPECT_EQ(status.count("revoking"), 1u) << "its owner could not know it from the claim";
    shards(a.client, R"({"acknowledgeRevoked":)" + status.at("revokedVersion") + "}").expect(200);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoked'"), 2);
    for (const auto& code : {before, after, kept}) shards(a.client, release(code, 1)).expect(200);
    expect_refused(scan(b.client, before), "revoked");
    expect_refused(scan(b.client, after), "revoked");
    expect_admitted(b.client, kept);
}

// Nor does a device that is lost together with its shard keep it alive.
TEST_F(ChangeShards, a_return_after_returns_closed_counts_once_its_shard_is_taken_away) {
    lists();
    opens();
    auto code = sold_code();
    auto lost = joins("Lost"), desk = joins("Desk", "supervisor");
    shards(lost.client, claim(code)).expect(200);
    voids("order");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE status = 'revoking'"), 1);
    desk.client
        .post("/api/admissions/scanner/override", R"({"shard":)" + std::to_string(shard_in(code)) + "}")
        .expect(200);
    expect_refused(scan(desk.client, code), "revoked");
}

struct OverrideShard : ChangeShards {
    Response override_shard(const Client& scanner, const std::string& code) {
        return scanner.post("/api/admissions/scanner/override",
                            R"({"shard":)" + std::to_string(shard_in(code)) + "}");
    }
};

TEST_F(OverrideShard, makes_it_lenient_and_the_servers) {
    lists();
    opens();
    auto code = sold_code(), twice = sold_code("another");
    auto lost = joins("Lost"), desk = joins("Desk", "supervisor");
    claims_all(lost.client);
    override_shard(lost.client, code).expect(403);
    auto taken = override_shard(desk.client, code).expect(200);
    EXPECT_EQ(taken.at("lenient"), "true");
    EXPECT_EQ(taken.at("owner"), "");
    EXPECT_EQ(taken.at("epoch"), "2");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM audit_log WHERE action = 'override-shard'"), 1);
    expect_admitted(desk.client, code);
    EXPECT_EQ(shards(lost.client, claim(code)).count("claimed"), 0u) << "nobody can own it any more";

    // The lost scanner comes back: it did not know.
    admissions.clock.advance(std::chrono::minutes{1});
    auto response = upload(lost.client, uploaded("not knowing", code, 1)).expect(200);
    EXPECT_EQ(response.at("results[0].result"), "duplicate");
    EXPECT_EQ(response.at("results[0].first.door"), "Desk");
    EXPECT_EQ(listing_page().at("duplicates"), "1");
    (void)twice;
}

TEST_F(OverrideShard, is_refused_if_the_server_owns_it) {
    lists();
    auto desk = joins("Desk", "supervisor");
    override_shard(desk.client, sold_code()).expect(409);
    desk.client.post("/api/admissions/scanner/override", "{}").expect(400).expect_field("shard");
}

struct ShowPack : ChangeShards {};

TEST_F(ShowPack, has_what_a_scanner_needs_and_nothing_personal) {
    lists();
    buys("order", "buyer", {{"concert", 2}});
    auto code = sold_code("second");
    voids("order", "concert", {{"concert", 2}});
    auto a = joins("Gate A"), b = joins("Gate B");
    auto pack = a.client.get("/api/admissions/scanner/pack").expect(200);
    EXPECT_EQ(pack.at("ticketId"), "concert");
    EXPECT_EQ(pack.at("rules.mode"), "strict");
    EXPECT_EQ(pack.at("doorKey"), "");
    EXPECT_EQ(pack.count("keys"), 1u);
    EXPECT_EQ(pack.count("shards"), 64u);
    EXPECT_EQ(pack.count("doors"), 2u);
    EXPECT_EQ(pack.at("doors[1].door"), "Gate B");
    EXPECT_EQ(pack.at("revokedVersion"), "1");
    auto revoked = security::from_base64url(pack.at("revoked")).value();
    ASSERT_EQ(revoked.size(), 20u);
    EXPECT_LT(revoked.substr(0, 10), revoked.substr(10));
    EXPECT_EQ(revoked.substr(8, 2), std::string({'\0', '\1'}));
    EXPECT_EQ(pack.at("now"), admissions.clock.now().to_text());
    EXPECT_EQ(pack.header("Cache-Control"), "private, no-store");
    EXPECT_EQ(pack.body.find("buyer"), std::string::npos);
    (void)code;
}

TEST_F(ShowPack, is_small_with_many_revoked_passes) {
    lists();
    admissions.write([](sql::Tx& tx) {
        for (int i = 0; i < 2'000; ++i) {
            auto digits = std::to_string(1'000'000'000'000'000 + std::int64_t{i});
            tx.send("INSERT INTO dead_generations(ticket_id, serial, generation) VALUES ('concert', $1, 1)",
                    digits);
        }
    });
    auto pack = joins("A").client.get("/api/admissions/scanner/pack").expect(200);
    EXPECT_LT(pack.body.size(), 100'000u);
}

}  // namespace stagedoor::admissions
