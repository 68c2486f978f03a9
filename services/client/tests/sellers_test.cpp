// What sellers see: money, the orders of a listing, drafts, previews, listings sold again.
#include "services/client/store/saved_drafts.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

using namespace std::chrono_literals;

constexpr auto some_sales =
    R"([{"day":"2025-12-31","currency":"EUR","tickets":3,"ticketsReturned":0,"sold":1200.00,"fees":30.00,
         "refunded":0.00,"feesReturned":0.00},
        {"day":"2026-01-01","currency":"EUR","tickets":1,"ticketsReturned":2,"sold":10.00,"fees":0.25,
         "refunded":1250.00,"feesReturned":31.25},
        {"day":"2026-01-01","currency":"JPY","tickets":1,"ticketsReturned":0,"sold":5000,"fees":125,
         "refunded":0,"feesReturned":0}])";
constexpr auto some_ledger =
    R"([{"id":"p2","at":"2026-01-01T00:00:00.000Z","kind":"refund","orderId":"order-2","amount":1250.00,
         "currency":"EUR","fee":31.25,"tickets":[{"id":"concert"}]},
        {"id":"p1","at":"2025-12-31T10:00:00.000Z","kind":"sale","orderId":"order-1","amount":1200.00,
         "currency":"EUR","fee":30.00,"tickets":[{"id":"concert","title":"Bach & <b>","quantity":3}]}])";

struct SellersPages : Pages {
    SellersPages() {
        services.respond("GET /api/tickets/concert", 200, concert);
        services.respond("GET /api/tickets/mine", 200, std::string{"["} + concert + "]");
        services.respond("GET /api/payments/balance", 200,
                         R"([{"sold":1210.00,"currency":"EUR","fees":0,"refunded":1250,"balance":0}])");
        services.respond("GET /api/payments/sales", 200, some_sales);
        services.respond("GET /api/payments/ledger", 200, some_ledger);
        services.respond("GET /api/orders/sales/days", 200,
                         R"([{"day":"2026-01-01","tickets":4,"sold":79.60,"currency":"EUR"}])");
        services.respond("GET /api/orders/sales", 200,
                         R"([{"orderId":"order-9","createdAt":"2026-01-01T00:00:00.000Z","quantity":2,
                              "total":39.80,"currency":"EUR","status":"held"},
                             {"orderId":"order-8","createdAt":"2025-12-31T23:00:00.000Z","quantity":1,
                              "total":19.90,"currency":"EUR","status":"refunded","reason":"buyer"}])");
    }
    std::string page_of_drafts() { return open_as("seller", "/selling").expect(200).body; }
    // The id of the first draft on /selling.
    std::string first_draft() {
        auto page = page_of_drafts();
        constexpr std::string_view link = "/tickets/new?saved=";
        auto begin = page.find(link) + link.size();
        return page.substr(begin, page.find('"', begin) - begin);
    }
};

// ---- money

TEST_F(SellersPages, show_money_with_a_plot_its_table_and_the_ledger) {
    auto page = open_as("seller", "/selling/money").expect(200, "Sales and earnings");
    EXPECT_EQ(services.calls("/api/payments/sales?days=30&timeZone=UTC"), 1);
    for (auto part : {"<dd>2</dd>", "<dd>€1,210.00</dd>", "<dd>−€1.00</dd>", "<dd>€1,250.00</dd>",
                      "<dd>−€39.00</dd>", "<path class=\"bar-1\"", "<path class=\"bar-2\"", ">€2,000</text>",
                      "<th scope=\"row\">31 Dec</th><td class=\"number\">€1,200.00</td>",
                      "aria-label=\"Sales as a table\"", "UTC time zone", "Bach &amp; &lt;b&gt;", "3 tickets",
                      "<dd>−€1,250.00</dd>", "<dd>€31.25</dd>", "<dd class=\"price\">€1,170.00</dd>",
                      "<code>order-1</code>"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(page.headers["Cache-Control"], "no-store");
    EXPECT_FALSE(has(page, "5,000")) << "another currency";
    EXPECT_TRUE(has(page, R"(href="/selling/money?days=30&amp;currency=JPY")"));
    open_as("seller", "/selling/money?currency=JPY&days=90").expect(200, "¥5,000");
    EXPECT_EQ(services.calls("/api/payments/sales?days=90&timeZone=UTC"), 1);
}

TEST_F(SellersPages, page_through_the_ledger) {
    services.respond("GET /api/payments/ledger", 200, some_ledger,
                     {{"Link", "</api/payments/ledger?limit=20&after=x%2Fy>; rel=\"next\""}});
    open_as("seller", "/selling/money").expect(200, R"(rel="next" href="/selling/money?after=x%2Fy")");
    auto older = open_as("seller", "/selling/money?after=x%2Fy").expect(200, "order-1");
    EXPECT_EQ(services.calls("/api/payments/ledger?limit=20&after=x%2Fy"), 1);
    EXPECT_FALSE(has(older, "<svg viewBox=\"0 0 720"));
}

TEST_F(SellersPages, say_that_nothing_was_sold) {
    services.respond("GET /api/payments/sales", 200, "[]");
    services.respond("GET /api/payments/ledger", 200, "[]");
    auto page = open_as("seller", "/selling/money").expect(200, "Nothing sold in this period.");
    EXPECT_FALSE(has(page, "<svg viewBox=\"0 0 720"));
    services.respond("GET /api/payments/balance", 200, "[]");
    EXPECT_FALSE(has(open_as("seller", "/selling").expect(200), "<svg viewBox=\"0 0 720"));
}

TEST_F(SellersPages, need_payments_for_money_only) {
    services.down = {"payments"};
    open_as("seller", "/selling/money").expect(503, "Payments are unavailable right now");
    open_as("seller", "/selling").expect(200, "Earnings are unavailable right now.");
    EXPECT_TRUE(location(open("/selling/money").expect(303)).starts_with("/auth/signin"));
}

TEST_F(SellersPages, show_the_tickets_sold_lately_and_the_listings) {
    auto page = open_as("seller", "/selling").expect(200, "Tickets sold in the last 30 days");
    EXPECT_TRUE(has(page, "<path class=\"bar-1\"") && has(page, "Tickets sold: 5"));
    EXPECT_TRUE(has(page, R"(href="/selling/money")") && has(page, R"(href="/tickets/concert/sales")"));
}

// ---- the orders of a listing

TEST_F(SellersPages, show_the_orders_of_a_listing_without_their_buyers) {
    auto page = open_as("seller", "/tickets/concert/sales").expect(200, "Bach &amp; &lt;b&gt;Sons");
    for (auto part : {"2 tickets", "€39.80", "Held", "badge warn", "1 ticket", "Refunded", "order-9",
                      "Thu 1 Jan 2026, 00:00", "<path class=\"bar-1\"", "not by whom"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(services.calls("/api/orders/sales?limit=20&ticketId=concert"), 1);
    EXPECT_EQ(services.calls("/api/orders/sales/days?days=30&ticketId=concert&timeZone=UTC"), 1);
    open_as("another", "/tickets/concert/sales").expect(403);
    open_as("seller", "/tickets/nothing/sales").expect(404);
    services.down = {"orders"};
    open_as("seller", "/tickets/concert/sales").expect(503, "Orders are unavailable right now");
    services.down = {};
    services.respond("GET /api/orders/sales", 200, "[]");
    services.respond("GET /api/orders/sales/days", 503, "{}");
    open_as("seller", "/tickets/concert/sales").expect(200, "No orders yet");
}

TEST_F(SellersPages, download_the_orders_of_a_listing) {
    auto file = open_as("seller", "/tickets/concert/sales.csv").expect(200);
    EXPECT_EQ(file.body,
              "order,time,tickets,total,currency,status\r\n"
              "order-9,2026-01-01T00:00:00.000Z,2,39.80,EUR,held\r\n"
              "order-8,2025-12-31T23:00:00.000Z,1,19.90,EUR,refunded\r\n");
    EXPECT_EQ(file.headers["Content-Type"], "text/csv; charset=utf-8; header=present");
    EXPECT_TRUE(file.headers["Content-Disposition"].starts_with("attachment"));
    open_as("another", "/tickets/concert/sales.csv").expect(403);
    EXPECT_TRUE(location(open("/tickets/concert/sales.csv").expect(303)).starts_with("/auth/signin"));
}

// ---- sell again

TEST_F(SellersPages, sell_a_listing_again_without_its_date) {
    open_as("seller", "/selling").expect(200, R"(href="/tickets/new?from=concert")");
    auto page = open_as("seller", "/tickets/new?from=concert").expect(200);
    for (auto part :
         {"value=\"Bach &amp; &lt;b&gt;Sons&lt;/b&gt;\"", "value=\"Alte Oper\"", "value=\"19.90\"",
          "<option value=\"EUR\" selected>", "value=\"10\"", "Two seats\nside by side</textarea>",
          "<option value=\"Europe/Berlin\" selected>", "type=\"datetime-local\" value=\"\""})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "name=\"version\"")) << "it is another listing";
    open_as("another", "/tickets/new?from=concert").expect(403);
    open_as("seller", "/tickets/new?from=nothing").expect(404);
}

// ---- drafts

constexpr auto typed = "title=Caf%C3%A9+%3Ci%3E&price=12%2C5&venue=Mill&key=k1&description=a%0D%0Ab&do=draft";

TEST_F(SellersPages, keep_a_draft_until_it_is_put_on_sale) {
    auto sent = submit_as("seller", "/tickets/new", typed).expect(303);
    EXPECT_EQ(location(sent), "/selling?done=drafted");
    EXPECT_TRUE(services.requests.empty()) << "nothing was created";
    open_as("seller", location(sent)).expect(200, "Draft saved.");
    EXPECT_NE(page_of_drafts().find("Café &lt;i&gt;"), std::string::npos);
    EXPECT_NE(page_of_drafts().find("kept until 31 Jan 2026"), std::string::npos);

    test.clock.advance(29 * 24h);
    auto id = first_draft();
    auto form = open_as("seller", "/tickets/new?saved=" + id).expect(200, "value=\"Café &lt;i&gt;\"");
    EXPECT_TRUE(has(form, "value=\"12,5\"") && has(form, "a\nb</textarea>")) << "as it was typed";
    EXPECT_TRUE(has(form, "name=\"saved\" value=\"" + id + "\""));
    EXPECT_FALSE(has(form, "value=\"k1\"")) << "the key was of the form";

    submit_as("seller", "/tickets/new", "title=Opera&do=draft&saved=" + id).expect(303);
    EXPECT_NE(page_of_drafts().find("Opera"), std::string::npos);
    EXPECT_EQ(page_of_drafts().find("Café"), std::string::npos) << "the same draft";

    services.respond("POST /api/tickets", 400,
                     R"({"errors":[{"message":"Price is missing","field":"price"}]})");
    auto rejected = submit_as("seller", "/tickets/new", "title=Opera&saved=" + id);
    EXPECT_TRUE(has(follow("seller", rejected), "name=\"saved\" value=\"" + id + "\""));
    services.respond("POST /api/tickets", 201, concert);
    EXPECT_EQ(location(submit_as("seller", "/tickets/new", "title=Opera&price=5&saved=" + id)),
              "/tickets/concert?done=listed");
    EXPECT_EQ(page_of_drafts().find("/tickets/new?saved="), std::string::npos);
}

TEST_F(SellersPages, show_drafts_to_their_seller_alone) {
    submit_as("seller", "/tickets/new", typed).expect(303);
    auto id = first_draft();
    EXPECT_FALSE(has(open_as("another", "/selling").expect(200), "Café"));
    EXPECT_FALSE(has(open_as("another", "/tickets/new?saved=" + id).expect(200), "Café"));
    submit_as("another", "/selling/drafts/delete", "saved=" + id).expect(303);
    submit_as("another", "/tickets/new", "title=Mine&do=draft&saved=" + id).expect(303);
    EXPECT_EQ(first_draft(), id);
    EXPECT_NE(page_of_drafts().find("Café"), std::string::npos) << "nobody else can change it";
    auto deleted = submit_as("seller", "/selling/drafts/delete", "saved=" + id).expect(303);
    open_as("seller", location(deleted)).expect(200, "Draft deleted.");
    EXPECT_EQ(test.number("SELECT count(*) FROM saved_drafts"), 1) << "the other one's";
    EXPECT_TRUE(location(browser().post("/tickets/new", typed).expect(303)).starts_with("/auth/signin"));
}

TEST_F(SellersPages, keep_twenty_drafts_for_a_month_and_no_secrets) {
    for (int i = 0; i < store::max_saved_drafts_of_user; ++i)
        submit_as("seller", "/tickets/new", "title=N" + std::to_string(i) + "&password=hunter2&do=draft")
            .expect(303);
    auto page = follow("seller", submit_as("seller", "/tickets/new", "title=One+too+many&do=draft"));
    EXPECT_TRUE(has(page, "You have too many drafts. Delete one of them first"));
    EXPECT_TRUE(has(page, "value=\"One too many\"")) << "what was entered isn't lost";
    EXPECT_EQ(test.number("SELECT count(*) FROM saved_drafts"), 20);
    EXPECT_EQ(test.number("SELECT count(*) FROM saved_drafts WHERE content LIKE '%hunter2%'"), 0);
    submit_as("seller", "/selling/drafts/delete", "saved=" + first_draft()).expect(303);
    EXPECT_EQ(location(submit_as("seller", "/tickets/new", "title=Fits&do=draft")), "/selling?done=drafted");
    test.clock.advance(30 * 24h);
    EXPECT_EQ(page_of_drafts().find("/tickets/new?saved="), std::string::npos) << "expired";
    testing::eventually([&] {
        test.clock.advance(5min);
        return test.number("SELECT count(*) FROM saved_drafts") == 0;
    });
}

// ---- previews

constexpr auto entered =
    "title=Caf%C3%A9+%3Ci%3E&price=12%2C50&currency=EUR&quantity=3&venue=Mill&startsAt=2026-05-02T19%3A30"
    "&timeZone=Europe%2FBerlin&description=a%0D%0Ab&key=k1&do=preview";

TEST_F(SellersPages, show_a_preview_of_what_was_entered) {
    services.respond("GET /api/tickets/sellers/seller", 200,
                     R"({"since":"2025-03-01T10:00:00.000Z","sold":12,"more":false,"name":"The Mill"})");
    auto sent = submit_as("seller", "/tickets/new", entered);
    EXPECT_TRUE(location(sent).starts_with("/tickets/new/preview?draft=")) << location(sent);
    auto page = follow("seller", sent).expect(200, "Nothing has been saved yet.");
    for (auto part :
         {"<h1 itemprop=\"name\" dir=\"auto\">Café &lt;i&gt;</h1>", "€12.50", "3 left",
          "Sat 2 May 2026, 19:30", "The Mill", "a\nb</p>", "name=\"key\" value=\"k1\"",
          "action=\"/tickets/new\"", "/posters/preview.svg?title=Caf%C3%A9%20%3Ci%3E&amp;venue=Mill"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "name=\"do\"")) << "the button puts it on sale";
    auto back = page.body.find("href=\"/tickets/new?draft=");
    ASSERT_NE(back, std::string::npos);
    auto address = page.body.substr(back + 6, page.body.find('"', back + 6) - back - 6);
    auto form = test.as("seller").with("Accept", "text/html").with("Cookie", sent.cookie()).get(address);
    form.expect(200, "value=\"Café &lt;i&gt;\"");
    EXPECT_FALSE(has(form, "role=\"alert\"")) << "nothing is wrong with it";
    for (const auto& request : services.requests) EXPECT_EQ(request.method, http::Method::get);
}

TEST_F(SellersPages, preview_even_what_is_incomplete) {
    auto page =
        follow("seller", submit_as("seller", "/tickets/new",
                                   "title=&price=soon&startsAt=x&timeZone=Nowhere&quantity=-4&do=preview"));
    page.expect(200, "Untitled");
    follow("seller", submit_as("seller", "/tickets/new", "do=preview")).expect(200, "Untitled");
    EXPECT_EQ(location(open_as("seller", "/tickets/new/preview")), "/tickets/new") << "without a draft";
    EXPECT_EQ(location(open_as("seller", "/tickets/concert/preview?draft=x")), "/tickets/concert/edit");
    EXPECT_TRUE(location(open("/tickets/new/preview").expect(303)).starts_with("/auth/signin"));
}

TEST_F(SellersPages, preview_an_edit) {
    auto sent = submit_as("seller", "/tickets/concert/edit", "title=Other&price=5&version=3&do=preview");
    EXPECT_TRUE(location(sent).starts_with("/tickets/concert/preview?draft=")) << location(sent);
    auto page = follow("seller", sent).expect(200, "Other");
    EXPECT_TRUE(has(page, "action=\"/tickets/concert/edit\"") && has(page, "Save"));
    EXPECT_TRUE(has(page, "name=\"version\" value=\"3\""));
    submit_as("another", "/tickets/concert/edit", "title=Other&do=preview").expect(303);
}

TEST_F(SellersPages, draw_the_poster_that_the_listing_will_have) {
    auto preview = open_as("seller",
                           "/posters/preview.svg?title=Bach+%26+%3Cb%3ESons%3C%2Fb%3E&venue=Alte+Oper"
                           "&city=Frankfurt&category=concert&startsAt=2026-05-02T19%3A30"
                           "&timeZone=Europe%2FBerlin");
    preview.expect(200, "<svg");
    EXPECT_EQ(preview.headers["Content-Type"], "image/svg+xml");
    EXPECT_EQ(preview.headers["Cache-Control"], "no-store");
    EXPECT_EQ(preview.body, open("/posters/concert.svg").expect(200).body);
    open_as("seller", "/posters/preview.svg").expect(200, "<svg");
    EXPECT_EQ(open("/posters/preview.svg?title=Any+words").status, 303)
        << "nobody else's words from our address";
}

}  // namespace
}  // namespace stagedoor::client
