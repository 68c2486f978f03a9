// The gate in front of a real shop: admissions, reached through a connection that the test can cut.
#include "apps/gate/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "apps/gate/settings.hpp"
#include "common/http/routing/problem.hpp"
#include "services/admissions/tests/samples.hpp"
#include "services/admissions/tokens.hpp"
#include "testing/concurrently.hpp"

namespace stagedoor::gate {
namespace {

using stagedoor::testing::Client;
using stagedoor::testing::eventually;
using stagedoor::testing::Response;
using stagedoor::testing::ServiceTest;

class Connection final : public outbound::Transport {
  public:
    Task<http::Response> send(http::Request request, outbound::SendOptions options) override {
        EXPECT_EQ(options.url, "https://shop.example");
        if (is_cut) throw outbound::NotSent("no route to host");
        EXPECT_TRUE(request.set_target(request.target));
        EXPECT_LE(options.connect_timeout, options.timeout);
        ++requests;
        auto is_lost = loses_response_to && request.body.contains(loses_response_to);
        if (request.body.contains("\"action\":\"undo\"")) last_timeout = options.timeout;
        http::Response response;
        try {
            response = co_await shop->host().handle(request);
        } catch (...) {
            response = http::problem(std::current_exception(), request);
        }
        if (is_lost) throw outbound::NoResponse("the connection broke");
        if (auto status = undo_ends_with.load(); status > 0 && request.body.contains("\"action\":\"undo\""))
            co_return http::Response{.status = status, .headers = {}, .body = "<html>Gateway</html>"};
        co_return response;
    }
    Task<std::string> deliver(outbound::SmtpServer, outbound::Email) override { co_return std::string{}; }
    void close() override {}

    ServiceTest* shop = nullptr;
    std::atomic<bool> is_cut = false;
    std::atomic<const char*> loses_response_to = nullptr;   // requests with this text
    std::atomic<int> undo_ends_with = 0;                    // a gateway's status, after the shop's; 0: none
    std::atomic<std::chrono::milliseconds> last_timeout{};  // of an undo
    std::atomic<int> requests = 0;
};

// The gate under test sends through it.
Connection connection;

Service make_connected(ServiceDeps deps) {
    return make_service(ServiceDeps{.db = deps.db,
                                    .bus = deps.bus,
                                    .clock = deps.clock,
                                    .random = deps.random,
                                    .http = deps.http,
                                    .metrics = deps.metrics,
                                    .outbound = connection,
                                    .executor = deps.executor,
                                    .open_database = deps.open_database,
                                    .sessions = deps.sessions,
                                    .read_your_writes = deps.read_your_writes,
                                    .settings = deps.settings,
                                    .own_settings = deps.own_settings,
                                    .data_versions = deps.data_versions});
}

struct Gate : admissions::Test {
    Gate() {
        connection.shop = &admissions;
        connection.is_cut = false;
        connection.loses_response_to = nullptr;
        connection.undo_ends_with = 0;
        lists();
        codes_.push_back(sold_code("first"));
        codes_.push_back(sold_code("second"));
    }

    [[nodiscard]] Settings settings(const std::string& role = "supervisor") {
        auto link = create_door("Gate", role).expect(201).at("link");
        return {.event = "concert",
                .link = "https://shop.example/door#" + token_in(link),
                .secret = "the secret of a gate"};
    }
    // Joined, and the owner of all shards.
    ServiceTest& opened() {
        gate_.emplace(make_connected, settings());
        // Orders closes returns as soon as it learns that the doors are open.
        (void)becomes([&] { return !admissions.published<contracts::DoorsOpened>().empty(); });
        closes_returns();
        (void)becomes([&] { return gate_->number("SELECT count(*) FROM owned_shards") == 64; });
        return *gate_;
    }
    // The gate's loop waits for its own clock.
    bool becomes(const std::function<bool()>& condition) {
        eventually([&] {
            gate_->clock.advance(std::chrono::seconds{1});
            return condition();
        });
        return condition();
    }
    void uploads_all() {
        EXPECT_TRUE(becomes(
            [&] { return gate_->number("SELECT count(*) FROM scans WHERE upload IS NOT NULL") == 0; }));
    }
    Client phone(const std::string& role = "steward") {
        admissions::Tokens tokens{"the secret of a gate"};
        auto response = gate_
                            ->post("/api/admissions/scanners",
                                   R"({"token":")" + tokens.make(admissions::TokenKind::door, role) + R"("})")
                            .expect(201);
        return gate_->nobody().with("Authorization", "Bearer " + response.at("token"));
    }
    Response type(const Client& phone, const std::string& serial, const std::string& nonce,
                  const std::string& action = "admit") {
        return phone
            .post("/api/admissions/scanner/scans", R"({"nonce":")" + nonce + R"(","serial":")" + serial +
                                                       R"(","action":")" + action +
                                                       R"(","at":"2026-01-01T00:00:00Z"})")
            .expect(200);
    }
    Response undo(const Client& phone, const std::string& nonce) { return undo(phone, nonce, next_nonce()); }
    Response undo(const Client& phone, const std::string& nonce, const std::string& under) {
        return phone.post("/api/admissions/scanner/scans", R"({"nonce":")" + under +
                                                               R"(","action":"undo","undoes":")" + nonce +
                                                               R"(","at":"2026-01-01T00:00:00Z"})");
    }

    std::optional<ServiceTest> gate_;
    std::vector<std::string> codes_;
};

TEST_F(Gate, admits_once_without_a_connection_and_uploads_later) {
    opened();
    connection.is_cut = true;
    auto north = phone(), south = phone();
    expect_admitted(north, codes_[0]);
    auto second = scan(south, codes_[0]);
    expect_refused(second, "alreadyRedeemed");
    EXPECT_EQ(second.at("first.door"), "Gate 1");
    EXPECT_EQ(passes("buyer", "?orderId=first").at("[0].status"), "valid") << "the shop can't know yet";

    connection.is_cut = false;
    uploads_all();
    EXPECT_EQ(passes("buyer", "?orderId=first").at("[0].status"), "used");
    EXPECT_EQ(listing_page().at("duplicates"), "0");
}

TEST_F(Gate, gives_the_same_answer_after_kill_9_and_without_a_connection) {
    auto& gate = opened();
    auto door = phone();
    auto body = scan_body("one scan of one ticket", codes_[0]);
    EXPECT_EQ(door.post("/api/admissions/scanner/scans", body).expect(200).at("result"), "admitted");
    connection.is_cut = true;
    gate.restart();
    EXPECT_EQ(door.post("/api/admissions/scanner/scans", body).expect(200).at("result"), "admitted");
    expect_refused(scan(door, codes_[0]), "alreadyRedeemed");
    expect_admitted(door, codes_[1]);
}

TEST_F(Gate, admits_one_of_many_scans_at_once) {
    opened();
    auto north = phone(), south = phone();
    std::atomic<int> admitted = 0;
    stagedoor::testing::all_at_once(40, [&](int i) {
        auto response = (i % 2 == 0 ? north : south)
                            .post("/api/admissions/scanner/scans",
                                  scan_body("scan number " + std::to_string(i), codes_[0]));
        if (response.at("result") == "admitted") ++admitted;
    });
    EXPECT_EQ(admitted, 1);
}

TEST_F(Gate, knows_who_came_in_before_it_took_over) {
    expect_admitted(scanner_at("At the shop"), codes_[0]);
    opened();
    expect_refused(scan(phone(), codes_[0]), "alreadyRedeemed");
}

TEST_F(Gate, keeps_tickets_from_being_passed_on_and_learns_of_refunds) {
    opened();
    auto pass = passes("buyer", "?orderId=first").at("[0].id");
    admissions.as("buyer").post("/api/admissions/passes/" + pass + "/transfer").expect(409);
    voids("first");
    EXPECT_TRUE(becomes(
        [&] { return admissions.number("SELECT count(*) FROM passes WHERE status = 'revoked'") == 1; }));
    expect_refused(scan(phone(), codes_[0]), "revoked");
    expect_admitted(phone(), codes_[1]);
}

TEST_F(Gate, refuses_forged_codes_and_those_of_other_events) {
    opened();
    lists("play");
    buys("other", "buyer", {{.ticket = "play"}});
    auto door = phone();
    expect_refused(scan(door, code_of(passes("buyer", "?orderId=other").at("[0].id"))), "wrongEvent");
    auto forged = codes_[0];
    forged.back() = forged.back() == '0' ? '1' : '0';
    expect_refused(scan(door, forged), "invalid");
    expect_refused(scan(door, "hello"), "invalid");
}

TEST_F(Gate, undoes_before_and_after_the_upload) {
    opened();
    connection.is_cut = true;
    auto supervisor = phone("supervisor");
    auto admit = [&](const std::string& nonce) {
        EXPECT_EQ(supervisor.post("/api/admissions/scanner/scans", scan_body(nonce, codes_[0])).at("result"),
                  "admitted");
    };
    admit("the first scan");
    expect_refused(undo(phone(), "the first scan").expect(200), "notAllowed");
    // The gate may just be trying to upload it.
    eventually([&] { return undo(supervisor, "the first scan").at("result") == "undone"; });
    admit("the second scan");

    connection.is_cut = false;
    uploads_all();
    EXPECT_EQ(admissions.number("SELECT entries FROM passes WHERE status = 'valid' AND inside = 1"), 1);
    connection.is_cut = true;
    expect_refused(undo(supervisor, "the second scan").expect(200), "needsShop");
    connection.is_cut = false;
    EXPECT_EQ(undo(supervisor, "the second scan").expect(200).at("result"), "undone");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE inside = 1"), 0);
    admit("the third scan");
}

TEST_F(Gate, undoes_once_for_each_nonce) {
    opened();
    auto supervisor = phone("supervisor");
    auto admit = [&](const std::string& nonce) {
        EXPECT_EQ(supervisor.post("/api/admissions/scanner/scans", scan_body(nonce, codes_[0])).at("result"),
                  "admitted");
    };
    admit("the first scan");
    uploads_all();
    EXPECT_EQ(undo(supervisor, "the first scan", "the undo").expect(200).at("result"), "undone");
    EXPECT_LE(2 * connection.last_timeout.load(), std::chrono::seconds{5})
        << "somebody waits at the door, perhaps for an upload, too";
    admit("the second scan");
    EXPECT_EQ(undo(supervisor, "the first scan", "the undo").expect(200).at("result"), "undone")
        << "the same response as before, which was lost";
    expect_refused(undo(supervisor, "the first scan", "another undo").expect(200), "notInside");
    undo(phone("supervisor"), "the first scan", "the undo").expect(409);
    EXPECT_EQ(gate_->number("SELECT inside FROM entries"), 1) << "the second one is still in";
    expect_refused(scan(supervisor, codes_[0]), "alreadyRedeemed");
}

// The shop has undone it and the gate doesn't know: people must be able to come in.
TEST_F(Gate, finishes_an_undo_whose_response_was_lost) {
    opened();
    auto supervisor = phone("supervisor");
    for (const auto* nonce : {"the first scan", "the second scan"}) {
        supervisor.post("/api/admissions/scanner/scans", scan_body(nonce, codes_[nonce[4] == 'f' ? 0 : 1]))
            .expect(200, "admitted");
    }
    uploads_all();
    connection.loses_response_to = "\"action\":\"undo\"";
    expect_refused(undo(supervisor, "the first scan", "undo of the first").expect(200), "needsShop");
    expect_refused(undo(supervisor, "the second scan", "undo of the second").expect(200), "needsShop");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE inside = 1"), 0);
    connection.is_cut = true;
    expect_refused(undo(supervisor, "the first scan", "tried again").expect(200), "needsShop");
    expect_refused(scan(supervisor, codes_[0]), "alreadyRedeemed");

    connection.loses_response_to = nullptr;
    connection.is_cut = false;
    EXPECT_EQ(undo(supervisor, "the first scan", "undo of the first").expect(200).at("result"), "undone");
    EXPECT_TRUE(
        becomes([&] { return gate_->number("SELECT count(*) FROM scans WHERE response = ''") == 0; }));
    EXPECT_EQ(undo(supervisor, "the second scan", "undo of the second").expect(200).at("result"), "undone");
    expect_admitted(supervisor, codes_[0]);
    expect_admitted(supervisor, codes_[1]);
}

// As by a gateway between the two that waits no longer, and with a body that isn't the shop's.
TEST_F(Gate, finishes_an_undo_that_ended_with_an_error) {
    opened();
    auto supervisor = phone("supervisor");
    auto open_undos = [&] { return gate_->number("SELECT count(*) FROM scans WHERE response = ''"); };
    for (auto status : {503, 200}) {
        auto nonce = "a scan before " + std::to_string(status);
        supervisor.post("/api/admissions/scanner/scans", scan_body(nonce, codes_[0])).expect(200, "admitted");
        uploads_all();
        connection.undo_ends_with = status;
        expect_refused(undo(supervisor, nonce).expect(200), "needsShop");
        EXPECT_EQ(open_undos(), 1);
        connection.undo_ends_with = 0;
        EXPECT_TRUE(becomes([&] { return open_undos() == 0; }));
        EXPECT_EQ(gate_->number("SELECT count(*) FROM entries WHERE inside = 1"), 0);
        EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE inside = 1"), 0);
    }
}

TEST_F(Gate, forgets_an_undo_that_never_reached_the_shop) {
    opened();
    auto supervisor = phone("supervisor");
    expect_admitted(supervisor, codes_[0]);
    uploads_all();
    auto nonce = gate_->read([](sql::Tx& tx) {
        return tx.find<std::string>("SELECT nonce FROM scans WHERE action = 'admit'").value();
    });
    connection.is_cut = true;
    expect_refused(undo(supervisor, nonce).expect(200), "needsShop");
    EXPECT_EQ(gate_->number("SELECT count(*) FROM scans WHERE response = ''"), 0);
    connection.is_cut = false;
    expect_refused(scan(supervisor, codes_[0]), "alreadyRedeemed");
    EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE inside = 1"), 1);
}

// An upload whose response was lost: the shop knows the scan, or doesn't.
TEST_F(Gate, undoes_what_the_shop_may_know) {
    opened();
    auto supervisor = phone("supervisor");
    for (auto is_known : {true, false}) {
        auto nonce = std::string{is_known ? "known to the shop" : "not known to it"};
        connection.is_cut = !is_known;
        connection.loses_response_to = "known";
        supervisor.post("/api/admissions/scanner/scans", scan_body(nonce, codes_[is_known ? 0 : 1]))
            .expect(200, "admitted");
        if (is_known) {
            (void)becomes(
                [&] { return admissions.number("SELECT count(*) FROM passes WHERE inside = 1") == 1; });
        } else {
            gate_->write(
                [&](sql::Tx& tx) { tx.execute("UPDATE scans SET upload = 'sent' WHERE nonce = $1", nonce); });
        }
        connection.loses_response_to = nullptr;
        connection.is_cut = false;
        eventually([&] { return undo(supervisor, nonce).at("result") == "undone"; });
        uploads_all();
        EXPECT_EQ(admissions.number("SELECT count(*) FROM passes WHERE inside = 1"), 0);
        EXPECT_EQ(gate_->number("SELECT count(*) FROM entries WHERE inside = 1"), 0);
    }
    EXPECT_EQ(listing_page().at("duplicates"), "0");
}

TEST_F(Gate, asks_the_shop_about_a_typed_serial_and_decides_itself) {
    opened();
    auto supervisor = phone("supervisor"), steward = phone();
    auto serial = serial_in(codes_[0]), other = serial_in(codes_[1]);
    expect_refused(type(steward, serial, "by a steward"), "notAllowed");
    connection.is_cut = true;
    expect_refused(type(supervisor, serial, "the typed one"), "needsShop");
    connection.is_cut = false;
    EXPECT_EQ(type(supervisor, serial, "the typed one").at("result"), "admitted");
    connection.is_cut = true;
    EXPECT_EQ(type(supervisor, serial, "the typed one").at("result"), "admitted") << "the same response";
    connection.is_cut = false;
    expect_refused(type(supervisor, serial, "once more"), "alreadyRedeemed");
    expect_refused(scan(steward, codes_[0]), "alreadyRedeemed");
    expect_refused(type(supervisor, "0123456789abcdef", "of nobody"), "invalid");
    expect_refused(type(supervisor, other, "not there", "checkOut"), "notInside");
    voids("second");
    expect_refused(type(supervisor, other, "of a refund"), "revoked");
    uploads_all();
    EXPECT_EQ(passes("buyer", "?orderId=first").at("[0].status"), "used");
    EXPECT_EQ(listing_page().at("duplicates"), "0");
}

TEST_F(Gate, releases_the_event) {
    auto& gate = opened();
    expect_admitted(phone(), codes_[0]);
    auto releasing = settings();
    releasing.release = true;
    gate.restart_with(releasing);
    EXPECT_TRUE(becomes(
        [&] { return admissions.number("SELECT count(*) FROM shards WHERE owner IS NOT NULL") == 0; }));
    auto at_shop = scanner_at("At the shop");
    expect_refused(scan(at_shop, codes_[0]), "alreadyRedeemed");
    expect_admitted(at_shop, codes_[1]);
    phone().post("/api/admissions/scanner/scans", scan_body("after the release", codes_[1])).expect(503);
}

// Its door was closed, and the seller has made another one.
TEST_F(Gate, uploads_and_goes_on_with_a_new_link) {
    auto& gate = opened();
    connection.is_cut = true;
    expect_admitted(phone(), codes_[0]);
    auto door = listing_page().at("doors[0].id");
    admissions.as("seller").delete_("/api/admissions/doors/" + door).expect(204);
    connection.is_cut = false;
    uploads_all();
    EXPECT_EQ(passes("buyer", "?orderId=first").at("[0].status"), "used");
    gate.restart_with(settings());
    EXPECT_TRUE(becomes([&] {
        return admissions.number(
                   "SELECT count(*) FROM shards s JOIN scanners c ON c.id = s.owner JOIN doors d ON d.id ="
                   " c.door_id WHERE d.revoked_at IS NULL") == 64 &&
               gate.number("SELECT count(*) FROM owned_shards WHERE releasing = 0") == 64;
    }));
    expect_refused(scan(phone(), codes_[0]), "alreadyRedeemed");
    expect_admitted(phone(), codes_[1]);
}

TEST_F(Gate, reports_duplicates_of_phones_that_did_not_reach_it) {
    set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"lenient"})");
    gate_.emplace(make_connected, settings());
    (void)becomes([&] { return gate_->number("SELECT count(*) FROM shop WHERE pack IS NOT NULL") == 1; });
    auto north = phone(), south = phone();
    expect_admitted(north, codes_[0]);
    auto response = upload(south, uploaded("scanned without the gate", codes_[0], 0)).expect(200);
    EXPECT_EQ(response.at("results[0].result"), "duplicate");
    EXPECT_EQ(response.at("results[0].first.door"), "Gate 1");
    EXPECT_TRUE(becomes([&] { return listing_page().at("duplicates") == "1"; }));
}

TEST_F(Gate, has_no_shards_to_hand_out) {
    opened();
    phone().post("/api/admissions/scanner/shards", R"({"claim":[]})").expect(409);
    EXPECT_EQ(phone().get("/api/admissions/scanner/pack").expect(200).at("gate"), "true");
}

TEST_F(Gate, needs_one_of_its_own_links) {
    gate_.emplace(make_connected, settings());
    gate_->post("/api/admissions/scanners", R"({"token":"steward.nonsense"})").expect(401);
    gate_->get("/api/admissions/scanner/pack").expect(401);
    gate_->post("/api/admissions/scanners").expect(400);
}

TEST_F(Gate, does_not_join_as_a_steward) {
    gate_.emplace(make_connected, settings("steward"));
    (void)becomes([&] { return gate_->number("SELECT count(*) FROM shop WHERE role = 'steward'") == 1; });
    auto before = connection.requests.load();
    for (int i = 0; i < 20; ++i) gate_->clock.advance(std::chrono::seconds{5});
    EXPECT_EQ(connection.requests, before) << "it joins once, not again and again";
    EXPECT_EQ(gate_->number("SELECT count(*) FROM owned_shards"), 0);
}

TEST_F(Gate, starts_again_when_a_wrong_link_was_corrected) {
    auto wrong = settings();
    wrong.event = "another";  // than the link's
    gate_.emplace(make_connected, wrong);
    (void)becomes([&] { return gate_->number("SELECT count(*) FROM shop") == 1; });
    auto corrected = settings();
    corrected.event = "a third";
    EXPECT_NO_THROW(gate_->restart_with(corrected));
    EXPECT_EQ(gate_->number("SELECT count(*) FROM shop WHERE pack IS NOT NULL"), 0);
    EXPECT_NO_THROW(gate_->restart_with(settings()));
    EXPECT_TRUE(
        becomes([&] { return gate_->number("SELECT count(*) FROM shop WHERE pack IS NOT NULL") == 1; }));
    wrong.link = settings().link;
    EXPECT_ANY_THROW(gate_->restart_with(wrong)) << "it has tickets of the other event";
}

TEST(GateSettings, name_the_shop_and_the_token) {
    auto link = parse_link("https://tickets.example/door#TOKEN.PROOF");
    EXPECT_EQ(link.origin, "https://tickets.example");
    EXPECT_EQ(link.token, "TOKEN.PROOF");
    for (const auto* text : {"", "tickets.example/door#T", "https:///door#T", "https://tickets.example/door",
                             "ftp://tickets.example/door#T"})
        EXPECT_EQ(parse_link(text).token, "") << text;
}

}  // namespace
}  // namespace stagedoor::gate
