// Scans are removed some time after the event; what sellers see stays, and a late upload does no harm.
#include "services/admissions/store/scans.hpp"
#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {

struct OldScans : Test {
    void SetUp() override {
        lists();
        set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"lenient"})");
        for (int i = 0; i < 4; ++i) codes.push_back(sold_code("order" + std::to_string(i)));
        main.emplace(scanner_at("Main"));
        side.emplace(scanner_at("Side", "supervisor"));
        expect_admitted(*main, codes[0]);
        expect_refused(scan(*main, codes[0]), "alreadyRedeemed");
        admissions.clock.advance(6min);
        expect_admitted(*side, codes[1]);
        side->post("/api/admissions/scanner/scans", scan_body("to be undone", codes[2])).expect(200);
        side->post("/api/admissions/scanner/scans", R"({"nonce":"the undo","undoes":"to be undone",)"
                                                    R"("action":"undo","at":"2026-01-01T00:00:00Z"})")
            .expect(200, "undone");
        upload(*side, late() + "," + uploaded("a duplicate", codes[0], 0)).expect(200, "duplicate");
    }
    [[nodiscard]] std::string late() const { return uploaded("the upload", codes[3], 0); }
    // All that the seller sees.
    [[nodiscard]] std::vector<std::string> report() {
        std::vector<std::string> pages{listing_page().expect(200).body};
        for (const auto* page : {"arrivals", "duplicates"})
            pages.push_back(admissions.as("seller")
                                .get(std::string{"/api/admissions/listings/concert/"} + page)
                                .expect(200)
                                .body);
        return pages;
    }
    [[nodiscard]] bool are_old(const std::string& time) {
        return admissions.read([&](sql::Tx& tx) {
            return store::listing_with_old_scans(tx, Instant::parse(time).value()).has_value();
        });
    }
    void become_old() {
        admissions.clock.advance(std::chrono::days{93});
        eventually([&] {
            admissions.clock.advance(1min);
            return admissions.number("SELECT count(*) FROM scans") == 0;
        });
    }

    std::vector<std::string> codes;
    std::optional<Client> main, side;
};

TEST_F(OldScans, are_those_of_events_without_open_doors) {
    EXPECT_FALSE(are_old("2026-01-03T18:59:59Z")) << "doors are open for a day after the event begins";
    EXPECT_TRUE(are_old("2026-01-03T19:00:00Z"));
    admissions.clock.advance(1h);
    for (const auto* door : {"doors[0].id", "doors[1].id"})
        admissions.as("seller").delete_("/api/admissions/doors/" + listing_page().at(door)).expect(204);
    EXPECT_FALSE(are_old("2026-01-02T18:59:59Z")) << "the event has not begun";
    EXPECT_TRUE(are_old("2026-01-02T19:00:00Z"));
    (void)create_door("Another").expect(201);
    EXPECT_FALSE(are_old("2026-01-02T19:00:00Z"));
}

TEST_F(OldScans, are_removed_and_what_the_seller_sees_stays) {
    auto before = report();
    EXPECT_EQ(admissions.number("SELECT count(*) FROM scans"), 7);
    become_old();
    EXPECT_EQ(report(), before);
    EXPECT_EQ(admissions.number("SELECT sum(admitted) FROM door_counts"), 4);
    EXPECT_EQ(admissions.number("SELECT sum(refused) FROM door_counts"), 1);
}

TEST_F(OldScans, are_not_counted_again_by_a_late_upload) {
    auto before = report();
    become_old();
    for (const auto* door : {"doors[0].id", "doors[1].id"})
        admissions.as("seller").delete_("/api/admissions/doors/" + listing_page().at(door)).expect(204);
    auto response = upload(*side, late() + "," + uploaded("never uploaded", codes[2], 0)).expect(200);
    EXPECT_EQ(response.at("results[0].result"), "stale");
    EXPECT_EQ(response.at("results[1].result"), "stale");
    EXPECT_EQ(report()[1], before[1]);
    EXPECT_EQ(report()[2], before[2]);
    EXPECT_EQ(admissions.number("SELECT count(*) FROM scans"), 0);
}

TEST_F(OldScans, make_room_for_those_of_a_new_door) {
    become_old();
    auto again = scanner_at("Again");
    expect_refused(scan(again, codes[0]), "alreadyRedeemed");
    expect_admitted(again, codes[2]);
    upload(again, uploaded("by the new one", codes[2], 0)).expect(200, "duplicate");
    EXPECT_EQ(upload(*side, uploaded("by the old one", codes[2], 0)).at("results[0].result"), "stale");
    EXPECT_EQ(listing_page().at("doors[2].admitted"), "2");
    auto before = report();
    become_old();
    EXPECT_EQ(report(), before);
}

}  // namespace stagedoor::admissions
