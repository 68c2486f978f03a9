#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct ScanCode : Test {
    const std::string path = "/api/admissions/scanner/scans";
    std::string settings(const std::string& reentry, const std::string& rotating = "false") {
        return R"({"transfers":"allowed","rotating":)" + rotating + R"(,"reentry":")" + reentry +
               R"(","mode":"strict"})";
    }
};

TEST_F(ScanCode, admits_once_and_says_where_it_was_used) {
    lists();
    auto code = sold_code();
    auto main = scanner_at("Main"), side = scanner_at("Side");
    auto admitted = scan(main, code);
    EXPECT_EQ(admitted.at("result"), "admitted");
    EXPECT_EQ(admitted.at("serial"), serial_in(code));
    EXPECT_EQ(admitted.at("seats"), "Row 7");
    EXPECT_EQ(admitted.at("entry"), "1");
    auto used_at = admissions.clock.now();
    admissions.clock.advance(std::chrono::minutes{5});
    auto refused = scan(side, code);
    expect_refused(refused, "alreadyRedeemed");
    EXPECT_EQ(refused.at("first.door"), "Main");
    EXPECT_EQ(refused.at("first.at"), used_at.to_text());
    EXPECT_EQ(passes().at("[0].status"), "used");
    EXPECT_EQ(passes().at("[0].admittedAt"), used_at.to_text());
}

TEST_F(ScanCode, gives_the_same_response_for_the_same_nonce) {
    lists();
    auto code = sold_code();
    auto main = scanner_at("Main", "supervisor"), side = scanner_at("Side");
    auto body = scan_body("the first nonce", code);
    auto first = main.post(path, body).expect(200);
    EXPECT_EQ(first.at("result"), "admitted");
    EXPECT_EQ(main.post(path, body).expect(200).body, first.body);
    admissions.restart();
    EXPECT_EQ(main.post(path, body).expect(200).body, first.body);
    auto refused = main.post(path, scan_body("the other nonce", code)).expect(200);
    expect_refused(refused, "alreadyRedeemed");
    main.post(path, R"({"nonce":"the undo nonce","undoes":"the first nonce","action":"undo",)"
                    R"("at":"2026-01-01T00:00:00Z"})")
        .expect(200, "undone");
    // Now it could be admitted: a repeated scan is not a new one.
    EXPECT_EQ(main.post(path, scan_body("the other nonce", code)).expect(200).body, refused.body);
    EXPECT_EQ(main.post(path, body).expect(200).body, first.body);
    EXPECT_EQ(listing_page().at("counts.inside"), "0");
    side.post(path, body).expect(409).expect_field("nonce");
}

TEST_F(ScanCode, refuses_what_is_no_code_of_this_event) {
    lists();
    lists("play");
    auto code = sold_code();
    buys("other", "buyer", {{"play", 1}});
    auto of_play = code_of(passes("buyer", "?orderId=other").at("[0].id"));
    auto door = scanner_at("Main");
    expect_refused(scan(door, of_play), "wrongEvent");
    expect_refused(scan(door, "https://example.com"), "invalid");
    auto forged = code::parse(code).value();
    forged.generation = 2;
    expect_refused(scan(door, code::encode(forged)), "invalid");
    forged = code::parse(code).value();
    forged.key_id = 2;
    expect_refused(scan(door, code::encode(forged)), "invalid");
    EXPECT_TRUE(admissions.published<contracts::DoorsOpened>().empty());
    expect_admitted(door, code);
}

TEST_F(ScanCode, refuses_revoked_passes_and_cancelled_events) {
    lists();
    auto code = sold_code();
    voids("order");
    auto door = scanner_at("Main");
    expect_refused(scan(door, code), "revoked");
    auto other = sold_code("another");
    admissions.receives(contracts::TicketCancelled{listing("concert", 2)});
    expect_refused(scan(door, other), "cancelled");
}

TEST_F(ScanCode, opens_the_doors_at_the_first_admission) {
    lists();
    auto first = sold_code("first"), second = sold_code("second");
    auto door = scanner_at("Main");
    expect_admitted(door, first);
    expect_admitted(door, second);
    auto opened = admissions.published<contracts::DoorsOpened>();
    ASSERT_EQ(opened.size(), 1u);
    EXPECT_EQ(opened[0].ticket_id.text, "concert");
    EXPECT_EQ(opened[0].version, 1);
}

TEST_F(ScanCode, checks_out_and_admits_again_if_the_seller_allows_it) {
    lists();
    set(settings("allowed"));
    auto code = sold_code();
    auto door = scanner_at("Main");
    expect_refused(scan(door, code, "checkOut"), "notInside");
    expect_admitted(door, code);
    EXPECT_EQ(passes().at("[0].status"), "inside");
    EXPECT_EQ(scan(door, code, "checkOut").at("result"), "checkedOut");
    EXPECT_EQ(passes().at("[0].status"), "valid");
    expect_refused(scan(door, code, "checkOut"), "notInside");
    auto again = scan(door, code);
    EXPECT_EQ(again.at("result"), "admitted");
    EXPECT_EQ(again.at("entry"), "2");
    expect_refused(scan(door, code), "alreadyRedeemed");
    EXPECT_EQ(listing_page().at("counts.admitted"), "1");
}

TEST_F(ScanCode, does_not_admit_again_if_the_seller_does_not) {
    lists();
    auto code = sold_code();
    auto door = scanner_at("Main");
    expect_admitted(door, code);
    EXPECT_EQ(scan(door, code, "checkOut").at("result"), "checkedOut");
    EXPECT_EQ(listing_page().at("counts.inside"), "0");
    expect_refused(scan(door, code), "alreadyRedeemed");
}

TEST_F(ScanCode, lets_supervisors_undo_an_admission) {
    lists();
    auto code = sold_code();
    auto steward = scanner_at("Main"), supervisor = scanner_at("Desk", "supervisor");
    steward.post(path, scan_body("the admission", code)).expect(200, "admitted");
    auto undo = [](const std::string& nonce, const std::string& undone) {
        return R"({"nonce":")" + nonce + R"(","undoes":")" + undone +
               R"(","action":"undo","at":"2026-01-01T00:00:00Z"})";
    };
    expect_refused(steward.post(path, undo("by a steward", "the admission")).expect(200), "notAllowed");
    expect_refused(supervisor.post(path, undo("of nothing", "no such scan")).expect(200), "notInside");
    EXPECT_EQ(supervisor.post(path, undo("by a supervisor", "the admission")).expect(200).at("result"),
              "undone");
    expect_refused(supervisor.post(path, undo("once more", "the admission")).expect(200), "notInside");
    EXPECT_EQ(passes().at("[0].status"), "valid");
    EXPECT_EQ(passes().at("[0].admittedAt"), "");
    expect_admitted(steward, code);
}

TEST_F(ScanCode, lets_supervisors_type_a_serial) {
    lists();
    auto code = sold_code();
    auto body = [&](const std::string& nonce, const std::string& serial) {
        return R"({"nonce":")" + nonce + R"(","serial":")" + serial +
               R"(","action":"admit","at":"2026-01-01T00:00:00Z"})";
    };
    auto steward = scanner_at("Main"), supervisor = scanner_at("Desk", "supervisor");
    expect_refused(steward.post(path, body("by a steward", serial_in(code))).expect(200), "notAllowed");
    expect_refused(supervisor.post(path, body("unknown one", "0123456789abcdef")).expect(200), "invalid");
    EXPECT_EQ(supervisor.post(path, body("by a supervisor", serial_in(code))).expect(200).at("result"),
              "admitted");
}

// A gate decides itself, but only the shop knows which tickets there are.
TEST_F(ScanCode, lets_supervisors_ask_for_a_serial) {
    lists();
    lists("play");
    auto code = sold_code(), returned = sold_code("returned");
    buys("other", "buyer", {{"play"}});
    auto of_play = serial_in(code_of(passes("buyer", "?orderId=other").at("[0].id")));
    voids("returned");
    auto steward = scanner_at("Main"), supervisor = scanner_at("Desk", "supervisor");
    auto find = [](const Client& scanner, const std::string& serial) {
        return scanner.get("/api/admissions/scanner/passes/" + serial);
    };
    auto found = find(supervisor, serial_in(code)).expect(200);
    EXPECT_EQ(found.at("generation"), "1");
    EXPECT_EQ(found.at("status"), "valid");
    EXPECT_EQ(found.body.find("buyer"), std::string::npos);
    EXPECT_EQ(find(supervisor, serial_in(returned)).expect(200).at("status"), "revoked");
    find(supervisor, of_play).expect(404);
    find(supervisor, "0123456789abcdef").expect(404);
    find(steward, serial_in(code)).expect(403);
    admissions.get("/api/admissions/scanner/passes/" + serial_in(code)).expect(401);
}

TEST_F(ScanCode, needs_a_current_code_if_codes_change) {
    lists();
    set(settings("none", "true"));
    buys("order");
    auto pass = show(pass_of());
    auto door = scanner_at("Main");
    expect_refused(scan(door, pass.at("code")), "expiredCode");
    auto secret = security::from_base64url(pass.at("rotation.secret")).value();
    code::Key key{};
    std::ranges::copy(secret, key.begin());
    auto shown = code::parse(pass.at("code")).value();
    shown.rotation = code::rotation_at(key, admissions.clock.now());
    auto now = code::encode(shown);
    admissions.clock.advance(60s);
    expect_refused(scan(door, now), "expiredCode");
    shown.rotation = code::rotation_at(key, admissions.clock.now());
    shown.rotation->proof[0] ^= 1;
    expect_refused(scan(door, code::encode(shown)), "expiredCode");
    shown.rotation->proof[0] ^= 1;
    expect_admitted(door, code::encode(shown));
    auto pack = door.get("/api/admissions/scanner/pack").expect(200);
    EXPECT_EQ(security::from_base64url(pack.at("doorKey")).value().size(), 32u);
}

TEST_F(ScanCode, names_what_is_invalid) {
    lists();
    auto door = scanner_at("Main");
    door.post(path, "{}").expect(400).expect_fields({"nonce", "action", "at", "code"});
    door.post(path, R"({"nonce":"short","action":"enter","at":"now"})")
        .expect(400)
        .expect_fields({"nonce", "action", "at", "code"});
    auto with = [](const std::string& more) {
        return R"({"nonce":"a good nonce","action":"admit","at":"2026-01-01T00:00:00Z")" + more + "}";
    };
    door.post(path, with("")).expect(400).expect_field("code");
    door.post(path, with(R"(,"serial":"12")")).expect(400).expect_field("serial");
    door.post(path, with(R"(,"code":"A","serial":"0123456789abcdef")")).expect(400).expect_field("serial");
    door.post(path, with(R"(,"code":"A","undoes":"another nonce")")).expect(400).expect_field("undoes");
    door.post(path, with(R"(,"code":")" + std::string(401, 'A') + "\"")).expect(400).expect_field("code");
    door.post(path, R"({"nonce":"a good nonce","action":"undo","at":"2026-01-01T00:00:00Z","code":"A"})")
        .expect(400)
        .expect_fields({"undoes", "code"});
    admissions.post(path, with(R"(,"code":"A")")).expect(401);
}

struct Seller : Test {};

TEST_F(Seller, sees_arrivals_by_door_in_steps) {
    lists();
    auto main = scanner_at("Main"), side = scanner_at("Side", "supervisor");
    std::vector<std::string> codes;
    for (int i = 0; i < 4; ++i) codes.push_back(sold_code("order" + std::to_string(i)));
    expect_admitted(main, codes[0]);
    expect_admitted(main, codes[1]);
    expect_refused(scan(main, codes[1]), "alreadyRedeemed");
    admissions.clock.advance(std::chrono::minutes{6});
    expect_admitted(main, codes[2]);
    side.post("/api/admissions/scanner/scans", scan_body("to be undone", codes[3])).expect(200, "admitted");
    side.post("/api/admissions/scanner/scans",
              R"({"nonce":"the undo nonce","undoes":"to be undone","action":"undo",)"
              R"("at":"2026-01-01T00:00:00Z"})")
        .expect(200, "undone");
    auto arrivals = admissions.as("seller").get("/api/admissions/listings/concert/arrivals").expect(200);
    EXPECT_EQ(arrivals.at("stepSeconds"), "300");
    ASSERT_EQ(arrivals.count("doors"), 1u);
    EXPECT_EQ(arrivals.at("doors[0].name"), "Main");
    ASSERT_EQ(arrivals.count("doors[0].arrivals"), 2u);
    EXPECT_EQ(arrivals.at("doors[0].arrivals[0].at"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(arrivals.at("doors[0].arrivals[0].count"), "2");
    EXPECT_EQ(arrivals.at("doors[0].arrivals[1].at"), "2026-01-01T00:05:00.000Z");
    EXPECT_EQ(arrivals.at("doors[0].arrivals[1].count"), "1");
}

}  // namespace stagedoor::admissions
