// The language of a page: by path, cookie, header or setting. Links, redirects and caches keep it.
#include "services/client/app.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto pass =
    R"json({"id":"pass-1","serial":"1f8b4400ff102030","number":2,"ticketId":"concert","orderId":"order-1",
    "title":"Bach","startsAt":"2026-05-02T17:30:00.000Z","timeZone":"Europe/Berlin","status":"valid",
    "createdAt":"2026-01-01T00:00:00.000Z","transfers":"allowed","transfersLeft":1,"code":"ABC",
    "history":[{"since":"2026-01-01T00:00:00.000Z","reason":"issued"}]})json";

struct Languages : Pages {
    void SetUp() override {
        services.respond("GET /api/tickets", 200, "[" + std::string{concert} + "]");
        services.respond("GET /api/tickets/mine", 200, "[" + std::string{concert} + "]");
        services.respond("GET /api/tickets/concert", 200, concert);
        services.respond("GET /api/orders", 200, "[" + std::string{held_order} + "]");
        services.respond("GET /api/orders/order-1", 200, held_order);
        services.respond(
            "GET /api/payments", 200,
            R"([{"status":"failed","amount":39.80,"currency":"EUR","reason":"Your card has expired",
                              "createdAt":"2026-01-01T00:01:00.000Z","refunds":[]}])");
        services.respond("GET /api/payments/provider", 200, R"({"name":"test"})");
        services.respond("GET /api/payments/balance", 200, "[]");
        services.respond("GET /api/users/currentuser", 200,
                         R"({"currentUser":{"id":"buyer","email":"b@x.example","confirmed":false}})");
        services.respond(
            "GET /api/users/sessions", 200,
            R"([{"id":"s","createdAt":"2026-01-01T00:00:00.000Z","userAgent":"curl/8","current":true},
                             {"id":"t","createdAt":"2026-01-01T00:00:00.000Z","current":false}])");
        services.respond("GET /api/admissions/passes", 200, "[" + std::string{pass} + "]");
        services.respond("GET /api/admissions/passes/pass-1", 200, pass);
        services.respond(
            "GET /api/admissions/listings/concert", 200,
            R"({"settings":{"transfers":"allowed","rotating":false,"reentry":"none","mode":"strict"},
                             "counts":{"issued":1,"valid":1,"revoked":0,"admitted":0,"inside":0},"doors":[],
                             "duplicates":0})");
    }
    testing::Client preferring(std::string header) {
        return browser().with("Accept-Language", std::move(header));
    }
};

TEST_F(Languages, are_chosen_by_the_header) {
    auto page = preferring("de-AT,de;q=0.9,en;q=0.8").get("/auth/signin").expect(200, "Passwort vergessen?");
    EXPECT_EQ(page.headers["Content-Language"], "de");
    EXPECT_NE(page.headers.joined("Vary").find("Accept-Language"), std::string::npos);
    EXPECT_TRUE(has(page, "<html lang=\"de\" dir=\"ltr\"")) << page.body.substr(0, 200);
    EXPECT_TRUE(has(preferring("fr").get("/auth/signin"), "Mot de passe oublié"));
    EXPECT_TRUE(has(preferring("es;q=0.5, ja").get("/auth/signin"), "¿Has olvidado tu contraseña?"));
    EXPECT_TRUE(has(preferring("ja").get("/auth/signin"), "Forgot your password?"));
}

TEST_F(Languages, are_chosen_by_hand_before_the_header_and_by_the_path_before_both) {
    auto client = [&](const char* cookie) { return preferring("fr").with("Cookie", cookie); };
    EXPECT_TRUE(has(client("language=de").get("/auth/signin"), "Passwort vergessen?"));
    EXPECT_TRUE(has(client("language=de").get("/es/auth/signin"), "¿Has olvidado"));
    EXPECT_TRUE(has(client("language=xx").get("/auth/signin"), "Mot de passe oublié"));
    auto page = client("language=de").get("/en/auth/signin").expect(200, "Forgot your password?");
    EXPECT_EQ(page.headers.joined("Vary").find("Accept-Language"), std::string::npos);
}

TEST_F(Languages, are_the_operators_for_those_who_prefer_none_of_ours) {
    ProgramSettings settings;
    settings.language = Language::de;
    testing::ServiceTest german{make_with_fake_services, {}, settings};
    auto open_there = [&](std::string header) {
        return german.nobody()
            .with("Accept", "text/html")
            .with("Accept-Language", std::move(header))
            .get("/auth/signin");
    };
    EXPECT_TRUE(has(open_there("ja"), "Passwort vergessen?"));
    EXPECT_TRUE(has(open_there("en"), "Forgot your password?"));
}

TEST_F(Languages, stay_in_the_links_of_a_page_at_an_address_in_a_language) {
    auto page = open("/de/auth/signin?next=%2Forders").expect(200, "action=\"/de/auth/signin\"");
    for (auto part : {"href=\"/de/auth/forgot\"", "href=\"/de/auth/signup?next=%2Forders\"", "href=\"/de/\"",
                      "href=\"/static/stagedoor.css", "value=\"/orders\""})
        EXPECT_TRUE(has(page, part)) << part;
    for (auto part : {"href=\"/auth", "action=\"/auth", "href=\"/de/static", "href=\"/de/de/"})
        EXPECT_FALSE(has(page, part)) << part;
    EXPECT_TRUE(has(open("/auth/signin"), "action=\"/auth/signin\"")) << "and in no others";
}

TEST_F(Languages, stay_in_redirects) {
    EXPECT_EQ(location(open("/de/orders").expect(303)), "/de/auth/signin?next=%2Forders");
    services.respond("POST /api/users/signin", 401, R"({"errors":[{"message":"Falsch"}]})");
    auto rejected =
        browser().post("/de/auth/signin", "email=a@b.example&password=x&next=%2Forders").expect(303);
    EXPECT_TRUE(location(rejected).starts_with("/de/auth/signin?next=%2Forders&draft="))
        << location(rejected);
    follow("", rejected).expect(200, "Falsch");
    EXPECT_EQ(services.last(http::Method::post).headers["Accept-Language"], "de");
    services.respond("POST /api/users/signin", 200, R"({"id":"buyer","email":"a@b.example"})");
    for (auto [next, to] : {std::pair{"%2Forders", "/de/orders"},
                            {"%2Ffr%2Forders", "/fr/orders"},
                            {"%2F%2Fevil.example", "/de/"},
                            {"%2F%5Cevil.example", "/de/"},
                            {"https%3A%2F%2Fevil.example", "/de/"},
                            {"%2Fde%2F%2Fevil.example", "/de//evil.example"}}) {
        auto sent =
            browser().post("/de/auth/signin", "email=a@b.example&password=x&next=" + std::string{next});
        EXPECT_EQ(location(sent.expect(303)), to);
    }
    open("/de//evil.example").expect(404);
    EXPECT_EQ(location(open("/DE/auth/signin").expect(308)), "/de/auth/signin");
    EXPECT_EQ(location(open("/fr?q=x").expect(308)), "/fr/?q=x");
}

TEST_F(Languages, are_those_of_pages_only) {
    test.nobody().get("/de/api/tickets").expect(404);
    test.nobody().get("/de/healthz").expect(404);
    open("/it/auth/signin").expect(404);
    open("/de/de/auth/signin").expect(404, "Diese Seite gibt es nicht");
}

TEST_F(Languages, are_chosen_in_the_footer) {
    auto chosen = browser().post("/language", "language=fr&next=%2Fde%2Forders%3Fafter%3Dx").expect(303);
    EXPECT_EQ(location(chosen), "/orders?after=x");
    EXPECT_NE(chosen.cookie().find("language=fr"), std::string::npos) << chosen.cookie();
    EXPECT_NE(chosen.headers["Set-Cookie"].find("Max-Age=31536000; HttpOnly; SameSite=Lax"),
              std::string_view::npos);
    EXPECT_EQ(location(browser().post("/de/language", "language=fr&next=%2Forders")), "/fr/orders");
    for (auto next : {"//evil.example", "/de//evil.example", "/\\evil.example", "https://evil.example", ""})
        EXPECT_EQ(location(browser().post("/language", "language=es&next=" + http::percent_encode(next))),
                  "/")
            << next;
    EXPECT_EQ(location(open("/language")), "/");
    auto rejected = browser().post("/language", "language=xx&next=%2F").expect(303);
    follow("", rejected).expect(200, "Language must be one of en, de, fr, es");
    auto page = open("/de/auth/signin?next=%2F");
    for (auto part :
         {"action=\"/de/language\"", "name=\"next\" value=\"/auth/signin?next=%2F\"",
          "value=\"fr\" lang=\"fr\">Français", "value=\"de\" lang=\"de\" aria-current=\"true\">Deutsch"})
        EXPECT_TRUE(has(page, part)) << part;
}

TEST_F(Languages, of_users_are_those_of_their_emails) {
    services.respond("PUT /api/users/language", 200, "{}");
    submit_as("buyer", "/language", "language=es&next=%2F").expect(303);
    EXPECT_EQ(services.last(http::Method::put).body, R"({"language":"es"})");
    services.down = {"auth"};
    auto anyway = submit_as("buyer", "/language", "language=fr&next=%2F").expect(303);
    EXPECT_NE(anyway.cookie().find("language=fr"), std::string::npos)
        << "the page's language is the browser's";
}

TEST_F(Languages, are_those_of_errors) {
    services.down = {"tickets"};
    preferring("de").get("/").expect(503, "Angebote sind gerade nicht erreichbar");
    services.down = {};
    preferring("fr").get("/nowhere").expect(404, "Nous n’avons pas trouvé cette page");
    auto rejected = preferring("de").post("/transfer", "token=").expect(303);
    follow("", rejected).expect(200, "Füg den ganzen Link ein");
}

TEST_F(Languages, have_cached_pages_of_their_own) {
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(preferring("de").get("/tickets/concert").expect(200).headers["Content-Language"], "de");
        EXPECT_EQ(preferring("en-GB").get("/tickets/concert").expect(200).headers["Content-Language"], "en");
        EXPECT_TRUE(has(open("/de/tickets/concert"), "action=\"/de/orders\""));
        EXPECT_TRUE(has(preferring("de").get("/tickets/concert"), "action=\"/orders\""));
        auto by_hand = browser().with("Cookie", "language=de").get("/tickets/concert");
        EXPECT_EQ(by_hand.headers["Content-Language"], "de");
    }
    EXPECT_EQ(services.calls("/api/tickets/concert"), 3) << "German, English, and German at /de";
    EXPECT_EQ(open("/tickets/concert").headers.joined("Vary"),
              "Accept-Encoding, Accept-Language, Authorization, Cookie");
    EXPECT_EQ(open("/de/tickets/concert").headers.joined("Vary"), "Accept-Encoding, Authorization, Cookie");
}

TEST_F(Languages, of_public_pages_are_named_to_search_engines) {
    auto page = open("/fr/tickets/concert");
    for (auto part : {"hreflang=\"de\" href=\"http://localhost:8080/de/tickets/concert\"",
                      "hreflang=\"fr\" href=\"http://localhost:8080/fr/tickets/concert\"",
                      "hreflang=\"x-default\" href=\"http://localhost:8080/tickets/concert\""})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_TRUE(has(open("/"), "hreflang=\"es\" href=\"http://localhost:8080/es/\""));
    EXPECT_FALSE(has(open("/?q=bach"), "hreflang=")) << "a search";
    EXPECT_FALSE(has(open("/auth/signin"), "hreflang="));
}

TEST_F(Languages, write_money_and_dates_as_their_speakers_do) {
    auto page = preferring("de").get("/tickets/concert");
    for (auto part : {"19,90\u00A0€", "Sa., 2. Mai 2026, 19:30 MESZ"}) EXPECT_TRUE(has(page, part)) << part;
    EXPECT_TRUE(has(preferring("fr").get("/tickets/concert"), "sam. 2 mai 2026, 19:30 CEST"));
    auto order =
        test.as("buyer").with("Accept", "text/html").with("Accept-Language", "de").get("/orders/order-1");
    for (auto part : {"39,80\u00A0€", "15 Minuten", "Deine Karte ist abgelaufen"})
        EXPECT_TRUE(has(order, part)) << part;
}

// Every page in every language, with as much on it as there can be.
TEST_F(Languages, show_no_key_and_no_marker) {
    language::Catalog catalog{embedded_assets()};
    auto keys = catalog.keys();
    for (auto each : all_languages) {
        auto prefix = "/" + std::string{to_tag(each)};
        for (const auto* path : {"/",
                                 "/?q=x&minPrice=1&currency=EUR",
                                 "/tickets/concert",
                                 "/auth/signin?next=%2Forders",
                                 "/auth/signup",
                                 "/auth/forgot",
                                 "/auth/forgot?done=sent",
                                 "/auth/reset?token=x",
                                 "/auth/reset?done=expired",
                                 "/auth/confirm",
                                 "/auth/confirm?done=confirmed",
                                 "/auth/confirm?done=expired",
                                 "/account",
                                 "/orders",
                                 "/orders/order-1",
                                 "/orders/order-1/pay",
                                 "/orders/order-1/tickets",
                                 "/basket",
                                 "/my/tickets",
                                 "/my/tickets/pass-1",
                                 "/transfer",
                                 "/selling",
                                 "/selling/money",
                                 "/tickets/concert/sales",
                                 "/tickets/new?from=concert",
                                 "/tickets/new",
                                 "/tickets/concert/edit",
                                 "/tickets/concert/cancel",
                                 "/tickets/concert/doors",
                                 "/nowhere"}) {
            for (auto user : {"", "buyer", "seller"}) {
                auto client = *user ? test.as(user) : test.nobody();
                auto page =
                    client.with("Accept", "text/html").with("Cookie", "basket=concert:2").get(prefix + path);
                if (page.status == 303) continue;
                EXPECT_EQ(page.body.find("[["), std::string::npos) << prefix << path;
                EXPECT_LT(page.status, 500) << prefix << path << page.body;
                for (const auto& key : keys)
                    EXPECT_EQ(page.body.find(key), std::string::npos) << prefix << path << " shows " << key;
            }
        }
    }
}

}  // namespace
}  // namespace stagedoor::client
