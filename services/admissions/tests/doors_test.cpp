#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct ShowListing : Test {};

TEST_F(ShowListing, has_settings_counts_and_doors) {
    lists();
    auto code = sold_code();
    buys("second");
    buys("third");
    voids("third");
    auto door = scanner_at("Main");
    expect_admitted(door, code);
    expect_refused(scan(door, code), "alreadyRedeemed");
    auto page = listing_page().expect(200);
    EXPECT_EQ(page.at("title"), "The concert");
    EXPECT_EQ(page.at("settings.mode"), "strict");
    EXPECT_EQ(page.at("counts.issued"), "3");
    EXPECT_EQ(page.at("counts.valid"), "2");
    EXPECT_EQ(page.at("counts.revoked"), "1");
    EXPECT_EQ(page.at("counts.admitted"), "1");
    EXPECT_EQ(page.at("counts.inside"), "1");
    EXPECT_EQ(page.at("duplicates"), "0");
    ASSERT_EQ(page.count("doors"), 1u);
    EXPECT_EQ(page.at("doors[0].name"), "Main");
    EXPECT_EQ(page.at("doors[0].scanners"), "1");
    EXPECT_EQ(page.at("doors[0].admitted"), "1");
    EXPECT_EQ(page.at("doors[0].refused"), "1");
}

TEST_F(ShowListing, is_for_the_seller_and_admins) {
    lists();
    for (const auto* page : {"", "/arrivals", "/duplicates"}) {
        auto path = std::string{"/api/admissions/listings/concert"} + page;
        admissions.as("seller").get(path).expect(200);
        admissions.as("admin", {"admin"}).get(path).expect(200);
        admissions.as("buyer").get(path).expect(403);
        admissions.get(path).expect(401);
        admissions.as("seller").get(std::string{"/api/admissions/listings/nothing"} + page).expect(404);
    }
}

struct ChangeSettings : Test {
    const std::string path = "/api/admissions/listings/concert/settings";
    const std::string changed =
        R"({"transfers":"forbidden","rotating":true,"reentry":"allowed","mode":"lenient"})";
};

TEST_F(ChangeSettings, replaces_them) {
    lists();
    set(changed);
    auto page = listing_page();
    EXPECT_EQ(page.at("settings.transfers"), "forbidden");
    EXPECT_EQ(page.at("settings.rotating"), "true");
    EXPECT_EQ(page.at("settings.reentry"), "allowed");
    EXPECT_EQ(page.at("settings.mode"), "lenient");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM audit_log"), 1);
}

TEST_F(ChangeSettings, names_every_invalid_one) {
    lists();
    admissions.as("seller")
        .put(path, "{}")
        .expect(400)
        .expect_fields({"transfers", "rotating", "reentry", "mode"});
    admissions.as("seller")
        .put(path, R"({"transfers":"maybe","maxTransfers":-1,"rotating":1,"reentry":"often","mode":"loose"})")
        .expect(400)
        .expect_fields({"transfers", "maxTransfers", "rotating", "reentry", "mode"});
}

TEST_F(ChangeSettings, is_for_the_seller_and_admins) {
    lists();
    admissions.as("buyer").put(path, changed).expect(403);
    admissions.nobody().put(path, changed).expect(401);
    admissions.as("seller").put("/api/admissions/listings/nothing/settings", changed).expect(404);
    admissions.as("admin", {"admin"}).put(path, changed).expect(200);
}

TEST_F(ChangeSettings, respects_if_match) {
    lists();
    admissions.as("seller").with("If-Match", "\"2\"").put(path, changed).expect(412);
    admissions.as("seller").with("If-Match", "\"1\"").put(path, changed).expect(200);
    admissions.as("seller")
        .with("If-Match", std::string{listing_page().header("ETag")})
        .put(path, changed)
        .expect(200);
    admissions.as("seller").with("If-Match", "nonsense\"").put(path, changed).expect(400);
}

TEST_F(ChangeSettings, leaves_mode_and_codes_once_the_doors_are_open) {
    lists();
    expect_admitted(scanner_at("Main"), sold_code());
    admissions.as("seller").put(path, changed).expect(409).expect_field("mode");
    admissions.as("seller")
        .put(path, R"({"transfers":"allowed","rotating":true,"reentry":"none","mode":"strict"})")
        .expect(409)
        .expect_field("rotating");
    set(R"({"transfers":"forbidden","rotating":false,"reentry":"allowed","mode":"strict"})");
}

struct CreateDoor : Test {};

TEST_F(CreateDoor, makes_a_link_that_expires_a_day_after_the_event_begins) {
    lists();
    auto door = create_door("Main", "supervisor").expect(201);
    EXPECT_EQ(door.at("name"), "Main");
    EXPECT_EQ(door.at("role"), "supervisor");
    EXPECT_EQ(door.at("expiresAt"), "2026-01-03T19:00:00.000Z");
    EXPECT_TRUE(door.at("link").starts_with("http://localhost:8080/door#"));
    auto token = token_in(door.at("link"));
    EXPECT_EQ(admissions.number("SELECT count(*) FROM audit_log WHERE action = 'create-door'"), 1);
    auto scanner = join(token).expect(201);
    EXPECT_EQ(scanner.at("number"), "1");
    EXPECT_EQ(scanner.at("door.role"), "supervisor");
    EXPECT_EQ(scanner.at("ticketId"), "concert");
    EXPECT_EQ(join(token).expect(201).at("number"), "2");
    admissions.clock.advance(std::chrono::hours{43});  // 2026-01-02T19:00
    with_token(scanner.at("token")).get("/api/admissions/scanner/status").expect(200);
    admissions.clock.advance(std::chrono::hours{24});
    with_token(scanner.at("token")).get("/api/admissions/scanner/status").expect(401);
    join(token).expect(401);
}

TEST_F(CreateDoor, makes_one_for_each_idempotency_key_and_stores_no_link) {
    lists();
    auto seller = admissions.as("seller").with("Idempotency-Key", "door-one");
    const auto* body = R"({"name":"Main","role":"steward"})";
    auto first = seller.post("/api/admissions/listings/concert/doors", body).expect(201);
    auto second = seller.post("/api/admissions/listings/concert/doors", body).expect(201);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(listing_page().count("doors"), 1u);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM idempotency_keys WHERE body LIKE '%/door#%'"), 0);
}

TEST_F(CreateDoor, names_what_is_invalid) {
    lists();
    auto seller = admissions.as("seller");
    const std::string path = "/api/admissions/listings/concert/doors";
    seller.post(path, "{}").expect(400).expect_fields({"name", "role"});
    seller.post(path, R"({"name":" ","role":"boss"})").expect(400).expect_fields({"name", "role"});
    for (const auto* time : {"2025-12-31T00:00:00Z", "2027-03-01T00:00:00Z", "soon"}) {
        seller.post(path, R"({"name":"Main","role":"steward","expiresAt":")" + std::string{time} + R"("})")
            .expect(400)
            .expect_field("expiresAt");
    }
}

TEST_F(CreateDoor, is_for_the_seller_and_admins) {
    lists();
    const std::string path = "/api/admissions/listings/concert/doors",
                      body = R"({"name":"A","role":"steward"})";
    admissions.as("buyer").post(path, body).expect(403);
    admissions.post(path, body).expect(401);
    admissions.as("seller").post("/api/admissions/listings/nothing/doors", body).expect(404);
    admissions.as("admin", {"admin"}).post(path, body).expect(201);
}

TEST_F(CreateDoor, is_limited) {
    lists();
    for (int i = 0; i < 200; ++i) create_door("Door").expect(201);
    create_door("One more").expect(409);
}

// What was decided without a network by one mode would not fit the other.
struct ChangeMode : Test {};

TEST_F(ChangeMode, is_refused_once_a_scanner_has_joined) {
    lists();
    auto lenient = R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"lenient"})";
    set(lenient);
    (void)scanner_at("Main");
    auto refused = admissions.as("seller")
                       .put("/api/admissions/listings/concert/settings",
                            R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"strict"})")
                       .expect(409);
    EXPECT_EQ(refused.at("errors[0].field"), "mode");
    set(lenient);
}

struct RevokeDoor : Test {};

TEST_F(RevokeDoor, refuses_its_link_and_its_scanners_at_once) {
    lists();
    auto code = sold_code();
    auto door = create_door("Main").expect(201);
    auto scanner = with_token(join(token_in(door.at("link"))).expect(201).at("token"));
    scanner.get("/api/admissions/scanner/status").expect(200);
    auto path = "/api/admissions/doors/" + door.at("id");
    admissions.as("buyer").delete_(path).expect(403);
    admissions.nobody().delete_(path).expect(401);
    admissions.as("seller").delete_("/api/admissions/doors/nothing").expect(404);
    admissions.as("seller").delete_(path).expect(204);
    admissions.as("seller").delete_(path).expect(204);
    join(token_in(door.at("link"))).expect(401);
    scanner.get("/api/admissions/scanner/status").expect(401);
    scanner.get("/api/admissions/scanner/pack").expect(401);
    scanner.post("/api/admissions/scanner/scans", scan_body("nonce one", code)).expect(401);
    shards(scanner, R"({"claim":[]})").expect(401);
    scanner.post("/api/admissions/scanner/override", R"({"shard":1})").expect(401);
    EXPECT_FALSE(listing_page().at("doors[0].revokedAt").empty());
}

TEST_F(RevokeDoor, what_its_scanners_have_decided_counts) {
    lists();
    auto code = sold_code();
    auto door = create_door("Main").expect(201);
    auto scanner = with_token(join(token_in(door.at("link"))).expect(201).at("token"));
    claims_all(scanner);
    admissions.as("seller").delete_("/api/admissions/doors/" + door.at("id")).expect(204);
    admissions.restart();
    EXPECT_EQ(upload(scanner, uploaded("without a network", code, 1)).expect(200).at("results[0].result"),
              "recorded");
    auto own = R"({"release":[{"shard":)" + std::to_string(shard_in(code)) + R"(,"epoch":1}]})";
    shards(scanner, own).expect(200);
    expect_refused(scan(scanner_at("Other"), code), "alreadyRedeemed");
}

struct AddScanner : Test {};

TEST_F(AddScanner, requires_the_token_of_a_door) {
    lists();
    admissions.post("/api/admissions/scanners").expect(400).expect_field("token");
    join("nothing").expect(401);
    auto scanner = join(token_in(create_door("Main").at("link"))).expect(201).at("token");
    join(scanner).expect(401);
    auto door = token_in(create_door("Side").at("link"));
    with_token(door).get("/api/admissions/scanner/status").expect(401);
    admissions.get("/api/admissions/scanner/status").expect(401);
    admissions.as("seller").get("/api/admissions/scanner/status").expect(401);
}

TEST_F(AddScanner, is_limited_by_door) {
    lists();
    auto token = token_in(create_door("Main").at("link"));
    for (int i = 0; i < 100; ++i) join(token).expect(201);
    join(token).expect(429);
    admissions.clock.advance(std::chrono::hours{1});
    join(token).expect(409);
}

}  // namespace stagedoor::admissions
