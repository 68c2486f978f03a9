#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct UploadScans : Test {
    void is_lenient(const std::string& reentry = "none") {
        set(R"({"transfers":"allowed","rotating":false,"reentry":")" + reentry + R"(","mode":"lenient"})");
    }
    [[nodiscard]] Response duplicates() {
        return admissions.as("seller").get("/api/admissions/listings/concert/duplicates").expect(200);
    }
};

TEST_F(UploadScans, records_what_the_owner_has_decided_once) {
    lists();
    auto code = sold_code();
    auto scanner = scanner_at("Main");
    claims_all(scanner);
    auto scans = uploaded("nonce one", code, 1);
    auto first = upload(scanner, scans).expect(200);
    EXPECT_EQ(first.at("results[0].result"), "recorded");
    EXPECT_EQ(upload(scanner, scans).expect(200).body, first.body);
    EXPECT_EQ(upload(scanner, scans + "," + scans).expect(200).count("results"), 2u);
    EXPECT_EQ(listing_page().at("counts.admitted"), "1");
    EXPECT_EQ(listing_page().at("duplicates"), "0");
    auto page = listing_page();
    EXPECT_EQ(page.at("doors[0].admitted"), "1");
}

TEST_F(UploadScans, records_leaving_and_coming_back) {
    lists();
    set(R"({"transfers":"allowed","rotating":false,"reentry":"allowed","mode":"strict"})");
    auto code = sold_code();
    auto scanner = scanner_at("Main");
    claims_all(scanner);
    auto response =
        upload(scanner, uploaded("nonce one", code, 1) + "," + uploaded("nonce two", code, 1, "checkOut") +
                            "," + uploaded("nonce three", code, 1))
            .expect(200);
    for (const auto* each : {"[0]", "[1]", "[2]"})
        EXPECT_EQ(response.at("results" + std::string{each} + ".result"), "recorded");
    EXPECT_EQ(admissions.number("SELECT entries FROM passes"), 2);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM scans WHERE result = 'admitted' AND ended_at IS NULL"),
              1);
}

// The owner did not know yet that nobody may come back any more.
TEST_F(UploadScans, records_what_the_owner_has_decided_by_earlier_rules) {
    lists();
    set(R"({"transfers":"allowed","rotating":false,"reentry":"allowed","mode":"strict"})");
    auto code = sold_code();
    auto scanner = scanner_at("Main");
    claims_all(scanner);
    upload(scanner, uploaded("nonce one", code, 1) + "," + uploaded("nonce two", code, 1, "checkOut"))
        .expect(200);
    set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"strict"})");
    EXPECT_EQ(upload(scanner, uploaded("nonce three", code, 1)).expect(200).at("results[0].result"),
              "recorded");
    EXPECT_EQ(duplicates().count(), 0u);
}

TEST_F(UploadScans, can_be_undone_by_the_owner) {
    lists();
    auto code = sold_code();
    auto owner = scanner_at("Main", "supervisor"), other = scanner_at("Side", "supervisor");
    claims_all(owner);
    upload(owner, uploaded("the nonce of the upload", code, 1)).expect(200);
    auto undo = [&](const Client& scanner) {
        return scanner.post(
            "/api/admissions/scanner/scans",
            R"({"nonce":")" + next_nonce() +
                R"(","action":"undo","undoes":"the nonce of the upload","at":"2026-01-01T00:00:00Z"})");
    };
    expect_refused(undo(other), "elsewhere");
    EXPECT_EQ(undo(owner).expect(200).at("result"), "undone");
    EXPECT_EQ(admissions.number("SELECT entries FROM passes"), 0);
}

TEST_F(UploadScans, rejects_what_the_scanner_does_not_own) {
    lists();
    auto code = sold_code();
    auto owner = scanner_at("Main"), other = scanner_at("Side");
    EXPECT_EQ(upload(other, uploaded("too early", code, 0)).expect(200).at("results[0].result"), "stale");
    claims_all(owner);
    EXPECT_EQ(upload(other, uploaded("not its own", code, 1)).expect(200).at("results[0].result"), "stale");
    EXPECT_EQ(upload(owner, uploaded("old epoch", code, 0)).expect(200).at("results[0].result"), "stale");
    EXPECT_EQ(admissions.number("SELECT entries FROM passes"), 0);
    EXPECT_EQ(upload(owner, uploaded("its own one", code, 1)).expect(200).at("results[0].result"),
              "recorded");
    upload(other, uploaded("its own one", code, 1)).expect(409);
}

TEST_F(UploadScans, reports_duplicates_of_lenient_doors) {
    lists();
    is_lenient();
    auto code = sold_code();
    auto a = scanner_at("Gate A"), b = scanner_at("Gate B");
    admissions.clock.advance(std::chrono::hours{1});
    EXPECT_EQ(
        upload(a, uploaded("nonce of a", code, 0, "admit", "2026-01-01T00:40:00Z")).at("results[0].result"),
        "recorded");
    auto second = upload(b, uploaded("nonce of b", code, 0, "admit", "2026-01-01T00:30:00Z")).expect(200);
    EXPECT_EQ(second.at("results[0].result"), "duplicate");
    EXPECT_EQ(second.at("results[0].first.door"), "Gate A");
    EXPECT_EQ(upload(b, uploaded("nonce of b", code, 0)).expect(200).body, second.body) << "once";
    ASSERT_EQ(duplicates().count(), 1u);
    EXPECT_EQ(duplicates().at("[0].serial"), serial_in(code));
    EXPECT_EQ(duplicates().at("[0].first.door"), "Gate B") << "the earlier one";
    EXPECT_EQ(duplicates().at("[0].first.at"), "2026-01-01T00:30:00.000Z");
    EXPECT_EQ(duplicates().at("[0].second.door"), "Gate A");
    EXPECT_EQ(listing_page().at("duplicates"), "1");
    EXPECT_EQ(admissions.published<contracts::DoorsOpened>().size(), 1u);
}

// The code was transferred before the door's pack knew.
TEST_F(UploadScans, reports_codes_that_were_no_longer_valid) {
    lists();
    is_lenient();
    auto code = sold_code();
    voids("order");
    auto door = scanner_at("Main");
    auto response = upload(door, uploaded("nonce one", code, 0)).expect(200);
    EXPECT_EQ(response.at("results[0].result"), "duplicate");
    EXPECT_EQ(response.at("results[0].first.door"), "");
    EXPECT_EQ(duplicates().at("[0].first.door"), "");
    EXPECT_EQ(duplicates().at("[0].second.door"), "Main");
}

// A lenient door asked the server, got no response in time, decided itself, and uploads the same nonce.
TEST_F(UploadScans, continue_scans_whose_response_was_lost) {
    lists();
    is_lenient();
    auto code = sold_code();
    auto a = scanner_at("Gate A"), b = scanner_at("Gate B");
    a.post("/api/admissions/scanner/scans", scan_body("nonce of a", code)).expect(200, "admitted");
    EXPECT_EQ(upload(a, uploaded("nonce of a", code, 0)).expect(200).at("results[0].result"), "recorded");
    b.post("/api/admissions/scanner/scans", scan_body("nonce of b", code)).expect(200, "alreadyRedeemed");
    EXPECT_EQ(upload(b, uploaded("nonce of b", code, 0)).expect(200).at("results[0].result"), "duplicate");
    EXPECT_EQ(upload(b, uploaded("nonce of b", code, 0)).expect(200).at("results[0].result"), "duplicate");
    EXPECT_EQ(duplicates().count(), 1u);
}

TEST_F(UploadScans, takes_no_time_from_the_future) {
    lists();
    is_lenient();
    upload(scanner_at("Main"), uploaded("nonce one", sold_code(), 0, "admit", "2030-01-01T00:00:00Z"))
        .expect(200);
    EXPECT_EQ(passes().at("[0].admittedAt"), admissions.clock.now().to_text());
}

TEST_F(UploadScans, ignores_serials_that_were_never_issued) {
    lists();
    is_lenient();
    auto code = code::parse(sold_code()).value();
    code.serial.bytes[1] ^= 1;
    auto response = upload(scanner_at("Main"), uploaded("nonce one", code::encode(code), 0)).expect(200);
    EXPECT_EQ(response.at("results[0].result"), "stale");
}

TEST_F(UploadScans, names_what_is_invalid) {
    lists();
    auto door = scanner_at("Main");
    upload(door, "").expect(400).expect_field("scans");
    upload(door, "{}")
        .expect(400)
        .expect_fields({"scans[0].nonce", "scans[0].serial", "scans[0].generation", "scans[0].action",
                        "scans[0].at", "scans[0].shard", "scans[0].epoch"});
    upload(door, R"({"nonce":"a good nonce","serial":"xyz","generation":0,"action":"undo",)"
                 R"("at":"2026-01-01T00:00:00Z","shard":64,"epoch":1})")
        .expect(400)
        .expect_fields({"scans[0].serial", "scans[0].generation", "scans[0].action", "scans[0].shard"});
    admissions.post("/api/admissions/scanner/uploads").expect(401);
}

TEST_F(UploadScans, takes_as_many_as_fit_into_a_body) {
    lists();
    is_lenient();
    auto code = sold_code();
    std::string scans;
    for (int i = 0; i < 300; ++i) {
        auto nonce = "01890a5d-ac96-774b-bcce-" + std::to_string(100'000'000'000 + i);
        scans += (scans.empty() ? "" : ",") + uploaded(nonce, code, 0);
    }
    auto door = scanner_at("Main");
    EXPECT_EQ(upload(door, scans).expect(200).count("results"), 300u);
    upload(door, scans + "," + uploaded("one more nonce", code, 0)).expect(400).expect_field("scans");
}

}  // namespace stagedoor::admissions
