// The seller's page about doors, and the page at a door.
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto listing_doors =
    R"json({"ticketId":"concert","title":"Bach","startsAt":"2026-05-02T17:30:00.000Z",
    "settings":{"transfers":"allowed","maxTransfers":3,"rotating":true,"reentry":"none","mode":"lenient"},
    "counts":{"issued":12,"valid":1100,"revoked":2,"admitted":800,"inside":700},
    "doors":[{"id":"door-1","name":"North <b>","role":"steward","createdAt":"2026-01-01T00:00:00.000Z",
              "expiresAt":"2026-05-03T05:30:00.000Z","scanners":2,"admitted":500,"refused":3},
             {"id":"door-2","name":"South","role":"supervisor","createdAt":"2026-01-01T00:00:00.000Z",
              "expiresAt":"2026-05-03T05:30:00.000Z","revokedAt":"2026-01-01T00:00:00.000Z","scanners":1,
              "admitted":300,"refused":0}],
    "duplicates":1})json";

struct Doors : Pages {
    void SetUp() override {
        services.respond("GET /api/tickets/concert", 200, concert);
        services.respond("GET /api/admissions/listings/concert", 200, listing_doors);
        services.respond("GET /api/admissions/listings/concert/arrivals", 200,
                         R"({"stepSeconds":300,"doors":[{"name":"North","arrivals":[
                             {"at":"2026-05-02T17:00:00.000Z","count":40}]}]})");
        services.respond("GET /api/admissions/listings/concert/duplicates", 200,
                         R"([{"serial":"1f8b4400ff102030","generation":1,
                              "first":{"door":"North","at":"2026-05-02T17:01:00.000Z"},
                              "second":{"door":"South","at":"2026-05-02T17:02:00.000Z"}},
                             {"serial":"2f8b4400ff102030","generation":1,
                              "second":{"door":"South","at":"2026-05-02T17:02:00.000Z"}}])");
    }
};

TEST_F(Doors, are_shown_to_the_seller_with_counts_arrivals_and_duplicates) {
    auto page = open_as("seller", "/tickets/concert/doors").expect(200, "North &lt;b&gt;");
    for (auto part :
         {"1,100", "800", "700", "2 devices", "Supervisor", "Closed", "<polyline", "Arrivals, per 5 minutes",
          "1F8B 4400 FF10 2030", "North, Sat 2 May 2026, 19:01", "South, Sat 2 May 2026, 19:02",
          "No longer valid", "value=\"lenient\" selected", "name=\"rotating\" value=\"yes\" checked",
          "id=\"maxTransfers\" name=\"maxTransfers\" type=\"number\" inputmode=\"numeric\" min=\"1\" "
          "max=\"100\" value=\"3\"",
          "value=\"2026-05-03T07:30\""})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
}

TEST_F(Doors, of_an_event_that_is_far_away_expire_when_they_must) {
    auto far = std::string{concert};
    auto at = far.find("2026-05-02");
    ASSERT_NE(at, std::string::npos);
    services.respond("GET /api/tickets/concert", 200, far.replace(at, 4, "2028"));
    open_as("seller", "/tickets/concert/doors").expect(200, "value=\"2027-01-01T01:00\"");
}

TEST_F(Doors, are_the_sellers_alone) {
    open_as("other", "/tickets/concert/doors").expect(403);
    EXPECT_TRUE(location(open("/tickets/concert/doors").expect(303)).starts_with("/auth/signin"));
    open_as("seller", "/tickets/nothing/doors").expect(404);
}

TEST_F(Doors, work_without_arrivals_and_duplicates) {
    services.respond("GET /api/admissions/listings/concert/arrivals", 503, "{}");
    services.respond("GET /api/admissions/listings/concert/duplicates", 503, "{}");
    EXPECT_FALSE(has(open_as("seller", "/tickets/concert/doors").expect(200, "Your doors"), "<polyline"));
    services.down = {"admissions"};
    open_as("seller", "/tickets/concert/doors").expect(503, "Tickets are unavailable right now");
}

TEST_F(Doors, show_the_link_of_a_new_one_this_once) {
    services.respond("POST /api/admissions/listings/concert/doors", 201,
                     R"({"id":"door-3","name":"East","role":"steward","expiresAt":"2026-05-03T05:30:00.000Z",
                         "link":"https://tickets.example/door#secret"})");
    auto page =
        submit_as("seller", "/tickets/concert/doors", "name=East&role=steward&expiresAt=2026-05-03T07%3A30")
            .expect(200, "https://tickets.example/door#secret");
    EXPECT_TRUE(has(page, "QR code of the link of East"));
    EXPECT_EQ(page.headers["Referrer-Policy"], "strict-origin");
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    EXPECT_EQ(services.last(http::Method::post).body,
              R"({"name":"East","role":"steward","expiresAt":"2026-05-03T05:30:00.000Z"})");
    EXPECT_FALSE(has(open_as("seller", "/tickets/concert/doors"), "secret"));
}

TEST_F(Doors, report_errors_at_their_fields) {
    services.respond("POST /api/admissions/listings/concert/doors", 400,
                     R"({"errors":[{"message":"must not be empty","field":"name"}]})");
    auto page =
        follow("seller", submit_as("seller", "/tickets/concert/doors", "name=&role=supervisor&expiresAt="));
    EXPECT_TRUE(has(page, "Name must not be empty"));
    EXPECT_TRUE(has(page, "value=\"supervisor\" selected"));
    page = follow("seller",
                  submit_as("seller", "/tickets/concert/doors", "name=East&role=steward&expiresAt=soon"));
    EXPECT_TRUE(has(page, "Enter a date and time"));
    EXPECT_TRUE(has(page, "value=\"East\""));
}

TEST_F(Doors, are_closed) {
    services.respond("DELETE /api/admissions/doors/door-1", 204, "");
    auto sent = submit_as("seller", "/tickets/concert/doors/revoke", "door=door-1").expect(303);
    EXPECT_EQ(location(sent), "/tickets/concert/doors?done=revoked");
    open_as("seller", location(sent)).expect(200, "The door is closed.");
}

TEST_F(Doors, have_rules) {
    services.respond("PUT /api/admissions/listings/concert/settings", 200, "{}");
    auto sent = submit_as("seller", "/tickets/concert/doors/settings",
                          "mode=strict&reentry=allowed&transfers=forbidden&maxTransfers=&rotating=yes")
                    .expect(303);
    EXPECT_EQ(location(sent), "/tickets/concert/doors?done=saved");
    EXPECT_EQ(services.last(http::Method::put).body,
              R"({"transfers":"forbidden","reentry":"allowed","mode":"strict","rotating":true})");
    submit_as("seller", "/tickets/concert/doors/settings",
              "mode=strict&reentry=none&transfers=allowed&maxTransfers=2");
    EXPECT_EQ(
        services.last(http::Method::put).body,
        R"({"transfers":"allowed","reentry":"none","mode":"strict","rotating":false,"maxTransfers":2})");
    services.respond("PUT /api/admissions/listings/concert/settings", 409,
                     R"({"errors":[{"message":"The doors are open"}]})");
    auto page = follow("seller", submit_as("seller", "/tickets/concert/doors/settings",
                                           "mode=strict&reentry=allowed&transfers=forbidden&maxTransfers=7"))
                    .expect(200, "The doors are open");
    for (auto part : {"value=\"strict\" selected", "value=\"allowed\" selected>Yes, after checking out",
                      "value=\"forbidden\" selected", "max=\"100\" value=\"7\""})
        EXPECT_TRUE(has(page, part)) << part << ": as entered";
    EXPECT_FALSE(has(page, "name=\"rotating\" value=\"yes\" checked"));
}

// ---- at the door

TEST_F(Doors, have_a_page_that_is_the_same_for_everybody_and_knows_no_token) {
    auto page = open("/door").expect(200, "/static/door/door.js?v=");
    EXPECT_TRUE(has(page, "rel=\"manifest\""));
    EXPECT_EQ(page.body, open_as("seller", "/door").body);
    EXPECT_EQ(page.headers["Referrer-Policy"], "strict-origin");
    EXPECT_NE(page.headers["Content-Security-Policy"].find("script-src 'self'"), std::string_view::npos);
}

TEST_F(Doors, have_a_worker_that_keeps_all_files_of_the_page) {
    auto worker = open("/door/worker.js").expect(200, "const shell = [\"/door\"");
    EXPECT_EQ(worker.headers["Service-Worker-Allowed"], "/door");
    EXPECT_EQ(worker.headers["Content-Type"], "text/javascript; charset=utf-8");
    for (auto file :
         {"door/door.js", "door/decide.js", "door/door.css", "base45.js", "rotation.js", "favicon.svg"})
        EXPECT_TRUE(has(worker, "\"/static/" + std::string{file} + "?v=")) << file;
    EXPECT_FALSE(has(worker, "stagedoor.js"));
    EXPECT_EQ(open("/door/manifest.webmanifest").expect(200, "\"/door\"").headers["Content-Type"],
              "application/manifest+json");
    EXPECT_EQ(open("/static/door/decide.js").expect(200).headers["Content-Type"],
              "text/javascript; charset=utf-8");
    open("/static/door/nothing.js").expect(404);
    open("/my/worker.js").expect(200, "Offline-Copy");
    for (auto file : {"/door/worker.js", "/my/worker.js", "/static/door/reader_worker.js"})
        EXPECT_NE(open(file).headers["Content-Security-Policy"].find("connect-src 'self'"),
                  std::string_view::npos)
            << file << ": without it, the worker may load nothing";
}

}  // namespace
}  // namespace stagedoor::client
