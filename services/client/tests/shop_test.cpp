// The pages by which people find events, and what search engines learn from them.
#include <filesystem>
#include <fstream>

#include "common/runtime/temporary_folder.hpp"
#include "services/client/shelves.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

std::string listing(const std::string& id, const std::string& price, const std::string& more = "") {
    return R"({"id":")" + id + R"(","userId":"seller","title":"Bach","price":)" + price +
           R"(,"currency":"EUR","version":1,"quantity":9,"available":9,"status":"open","venue":"Alte Oper",)"
           R"("city":"Zürich","category":"concert","startsAt":"2026-05-02T17:30:00.000Z",)"
           R"("timeZone":"Europe/Berlin")" +
           more + "}";
}

struct Shop : ::testing::Test {
    Shop() {
        services.respond("GET /api/tickets", 200,
                         "[" + listing("one", "20", event) + "," + listing("two", "15", event) + "]");
        services.respond("GET /api/tickets/one", 200, listing("one", "20", event));
        services.respond("GET /api/tickets/cities", 200, R"([{"name":"Zürich","listings":2}])");
        services.respond("GET /api/tickets/sellers/seller", 200,
                         R"({"since":"2025-03-01T10:00:00.000Z","sold":12,"more":false})");
    }
    testing::Response open(const std::string& target) {
        return test.nobody().with("Accept", "text/html").get(target);
    }

    static constexpr auto event = R"(,"event":"abc123")";
    static inline const std::string origin = "https://tickets.example";
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, {}, ProgramSettings{.public_url = origin}};
};

TEST_F(Shop, shows_the_listings_of_an_event_once) {
    auto page = open("/").expect(200, "2 offers");
    EXPECT_TRUE(has(page, "from €15.00"));
    EXPECT_TRUE(has(page, R"(href="/events/abc123")"));
    EXPECT_TRUE(has(page, R"(href="/cities/zurich")"));
}

TEST_F(Shop, has_a_page_for_an_event_with_all_offers) {
    auto page = open("/events/abc123").expect(200, "Tickets from several sellers");
    EXPECT_TRUE(has(page, "€20.00") && has(page, "€15.00"));
    EXPECT_TRUE(has(page, R"(itemtype="https://schema.org/Event")"));
    EXPECT_TRUE(has(page, R"(itemprop="price" content="15.00")"));
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?sort=price&limit=100&event=abc123");
}

TEST_F(Shop, sends_search_engines_to_the_only_listing_of_an_event) {
    services.respond("GET /api/tickets", 200, "[" + listing("one", "20", event) + "]");
    auto page = open("/events/abc123").expect(200);
    EXPECT_FALSE(has(page, "Tickets from several sellers"));
    EXPECT_TRUE(has(page, R"(<link rel="canonical" href=")" + origin + R"(/tickets/one">)"));
    EXPECT_TRUE(has(open("/sitemap.xml"), "<loc>" + origin + "/tickets/one</loc>"));
}

TEST_F(Shop, says_that_held_tickets_of_an_event_may_come_back) {
    services.respond("GET /api/tickets", 200, "[]");
    auto page = open("/events/abc123").expect(404, "go back on sale");
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
}

TEST_F(Shop, shows_search_engines_what_can_be_bought) {
    auto says = [&](const std::string& word) {
        return has(open("/tickets/one"), "href=\"https://schema.org/" + word + "\"");
    };
    EXPECT_TRUE(says("InStock") && says("EventScheduled"));
    auto is_now = [&](const std::string& was, const std::string& now) {
        auto changed = listing("one", "20");
        services.respond("GET /api/tickets/one", 200, changed.replace(changed.find(was), was.size(), now));
    };
    is_now(R"("available":9)", R"("available":0)");
    EXPECT_TRUE(says("SoldOut"));
    is_now(R"("open")", R"("cancelled")");
    EXPECT_TRUE(says("EventCancelled") && says("Discontinued"));
}

TEST_F(Shop, has_a_page_for_each_category_and_city) {
    open("/categories/concert").expect(200, "Concert tickets");
    EXPECT_TRUE(services.calls("/api/tickets?category=concert&limit=20") == 1);
    open("/categories/none").expect(404);
    auto page = open("/cities/zurich").expect(200, "Tickets in Zürich");
    EXPECT_TRUE(has(page, R"(<input type="hidden" name="city" value="zurich" form="search">)"));
    services.respond("GET /api/tickets", 200, "[]");
    auto invented = open("/cities/atlantis").expect(200, "No tickets match your search");
    EXPECT_TRUE(has(invented, R"(<meta name="robots" content="noindex">)"));
}

TEST_F(Shop, calls_a_search_by_the_shelf_that_leads_to_it) {
    auto page = open("/").expect(200, R"(href="/?maxPrice=29.99&amp;currency=USD")");
    open("/?maxPrice=29.99&currency=USD").expect(200, "<h1>Under $30</h1>");
    open("/?maxPrice=29.98&currency=USD").expect(200, "<h1>Tickets for");
}

TEST(ShopCurrency, is_that_of_its_time_zone) {
    RegisteredFakeServices services;
    services.respond("GET /api/tickets", 200, "[" + listing("one", "20") + "]");
    testing::ServiceTest test{make_with_fake_services, Settings{.time_zone = "Europe/Vienna"}};
    test.nobody().with("Accept", "text/html").get("/").expect(200, "Under €30");
    EXPECT_EQ(services.calls("/api/tickets?limit=8&maxPrice=29.99&currency=EUR"), 1);
}

TEST_F(Shop, describes_to_search_engines_the_pages_that_everybody_can_open) {
    auto has_address = [&](const testing::Response& page, const std::string& address) {
        return has(page, R"(<link rel="canonical" href=")" + origin + address + R"(">)");
    };
    EXPECT_TRUE(has_address(open("/"), "/"));
    EXPECT_TRUE(has_address(open("/categories/concert?x=1"), "/categories/concert"));
    auto one = open("/tickets/one");
    EXPECT_TRUE(has_address(one, "/tickets/one"));
    EXPECT_TRUE(has(one, R"(property="og:image" content=")" + origin + "/posters/one.png?v="));
    EXPECT_TRUE(has(one, "Tickets for Bach, Alte Oper, Zürich"));
    auto unlisted = R"(<meta name="robots" content="noindex">)";
    EXPECT_FALSE(has(one, unlisted));
    for (auto target : {"/?q=bach", "/?sort=price", "/auth/signin", "/basket"})
        EXPECT_TRUE(has(open(target), unlisted)) << target;
    auto sitemap = open("/sitemap.xml").expect(200, "<loc>" + origin + "/events/abc123</loc>");
    EXPECT_EQ(sitemap.headers["Content-Type"], "application/xml; charset=utf-8");
    EXPECT_TRUE(has(sitemap, "/cities/zurich</loc>") && has(sitemap, "/categories/film</loc>"));
    open("/site.webmanifest").expect(200, "\"start_url\": \"/\"");
}

TEST_F(Shop, keeps_crawlers_from_private_pages_in_every_language) {
    auto robots = open("/robots.txt").expect(200, "Sitemap: " + origin + "/sitemap.xml\n");
    for (std::string page : {"/auth/", "/account", "/basket", "/orders", "/selling", "/my/", "/transfer"}) {
        EXPECT_TRUE(has(robots, "\nDisallow: " + page + "\n")) << page;
        for (auto language : all_languages)
            EXPECT_TRUE(has(robots, "\nDisallow: /" + std::string{to_tag(language)} + page + "\n")) << page;
    }
    EXPECT_TRUE(has(robots, "\nDisallow: /api/\n"));
    EXPECT_FALSE(has(robots, "/de/api/")) << "the API has no addresses in a language";
}

TEST_F(Shop, shows_who_sells_and_where_it_is) {
    auto page = open("/tickets/one").expect(200, "Selling here since 1 Mar 2025 · 12 tickets sold");
    EXPECT_TRUE(has(page, R"(href="geo:0,0?q=Alte%20Oper%2C%20Z%C3%BCrich")"));
    EXPECT_TRUE(has(page, R"(<a href="/events/abc123">Compare all offers)"));
    services.respond("GET /api/tickets", 200, "[" + listing("one", "20", event) + "]");
    EXPECT_FALSE(has(open("/tickets/one"), "Compare all offers")) << "there are no others";
}

TEST_F(Shop, shows_the_names_of_sellers_who_have_one) {
    EXPECT_FALSE(has(open("/events/abc123"), "Sold by"));
    services.respond("GET /api/tickets/sellers", 200, R"([{"id":"seller","name":"Mill & <b>Sons</b>"}])");
    services.respond("GET /api/tickets/sellers/seller", 200,
                     R"({"since":"2025-03-01T10:00:00.000Z","sold":12,"more":false,"name":"Mill & Sons"})");
    open("/events/abc123").expect(200, "Sold by <bdi>Mill &amp; &lt;b&gt;Sons&lt;/b&gt;</bdi>");
    EXPECT_EQ(services.last(http::Method::get).target, "/api/tickets/sellers?ids=seller");
    open("/tickets/one").expect(200, "Mill &amp; Sons</strong> · Selling here since 1 Mar 2025 · 12 tickets");
    EXPECT_EQ(services.calls("/api/tickets/sellers/seller?ticketId=one"), 1);
}

TEST_F(Shop, draws_posters) {
    auto page = open("/tickets/one");
    auto begin = page.body.find("/posters/one.svg?v=");
    auto address = page.body.substr(begin, page.body.find('"', begin) - begin);
    auto poster = open(address).expect(200, "<svg");
    EXPECT_EQ(poster.headers["Content-Type"], "image/svg+xml");
    EXPECT_EQ(poster.headers["Cache-Control"], "public, max-age=31536000, immutable");
    EXPECT_EQ(open("/posters/one.svg?v=old").expect(200).headers["Cache-Control"], "no-cache");
    open("/posters/one.gif").expect(404);
    open("/posters/none.svg").expect(404);
}

TEST_F(Shop, explains_itself) {
    for (auto target : {"/help", "/fees", "/terms", "/privacy"}) open(target).expect(200, "<h1>");
    open("/de/help").expect(200, "<h1>Hilfe</h1>");
    EXPECT_TRUE(has(open("/"), R"(href="/terms")"));
}

TEST(ShopTexts, are_the_operators_own) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.path() / "terms.md"}
        << "# Our terms\n\n{{title}} <script>alert(1)</script> [run](javascript:alert(1))\n";
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, Settings{.texts = folder.path()}};
    auto page = test.get("/terms").expect(200, "<h1>Our terms</h1>");
    EXPECT_NE(page.body.find("&#123;&#123;title}}"), std::string::npos) << "as it is written";
    EXPECT_EQ(page.body.find("<script>alert"), std::string::npos);
    EXPECT_EQ(page.body.find("javascript:"), std::string::npos);
    test.get("/de/terms").expect(200, "<h1>Our terms</h1>");
    test.get("/help").expect(200, "Buying tickets");
}

TEST(ShopTexts, of_an_operator_may_be_in_several_languages) {
    runtime::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "de");
    std::ofstream{folder.path() / "terms.md"} << "# Our terms\n";
    std::ofstream{folder.path() / "de" / "terms.md"} << "# Unsere Bedingungen\n";
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, Settings{.texts = folder.path()}};
    test.get("/de/terms").expect(200, "<h1>Unsere Bedingungen</h1>");
    test.get("/es/terms").expect(200, "<h1>Our terms</h1>");
    test.get("/es/help").expect(200, "<h1>Ayuda</h1>");
}

TEST(Days, are_the_visitors) {
    auto at = [](std::string_view text) { return *Instant::parse(text); };
    EXPECT_EQ(tonight(at("2026-11-30T23:30:00Z"), "UTC").from, "2026-11-30");
    EXPECT_EQ(tonight(at("2026-11-30T23:30:00Z"), "Europe/Berlin").from, "2026-12-01");
    for (auto [now, from, to] : {std::tuple{"2026-11-30", "2026-12-04", "2026-12-06"},     // Monday
                                 std::tuple{"2026-12-03", "2026-12-04", "2026-12-06"},     // Thursday
                                 std::tuple{"2026-12-04", "2026-12-04", "2026-12-06"},     // Friday
                                 std::tuple{"2026-12-05", "2026-12-05", "2026-12-06"},     // Saturday
                                 std::tuple{"2026-12-06", "2026-12-06", "2026-12-06"}}) {  // Sunday
        auto days = weekend(at(std::string{now} + "T12:00:00Z"), "UTC");
        EXPECT_EQ(days.from, from) << now;
        EXPECT_EQ(days.to, to) << now;
    }
}

}  // namespace
}  // namespace stagedoor::client
