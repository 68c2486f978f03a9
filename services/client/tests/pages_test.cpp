// The pages, with every status that they return.
#include "services/client/page.hpp"
#include "services/client/page_cache.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto listing_changed = R"json({"errors":[{
    "message":"This listing has changed. Reload it and try again (current version: 3)",
    "field":"version"}]})json";

TEST_F(Pages, landing_lists_tickets_on_sale) {
    services.respond("GET /api/tickets", 200, "[" + std::string{concert} + "]",
                     {{"Link", R"(</api/tickets?limit=20&after=c%20d>; rel="next")"}});
    auto page = open("/?q=bach&sort=price").expect(200, "Bach &amp; &lt;b&gt;Sons&lt;/b&gt;");
    EXPECT_FALSE(has(page, "<b>Sons"));
    for (auto part :
         {"€19.90", "Only 4 left", "Alte Oper, Frankfurt", "Sat 2 May 2026, 19:30", "Tickets for “bach”",
          "href=\"/?q=bach&amp;sort=price&amp;after=c%20d\"", "value=\"bach\"", "Sign in"}) {
        EXPECT_TRUE(has(page, part)) << part;
    }
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?q=bach&sort=price&limit=20");
    EXPECT_EQ(page.headers["Cache-Control"], "public, max-age=0, s-maxage=1, must-revalidate");
    EXPECT_NE(page.headers["Content-Security-Policy"].find("script-src 'self'"), std::string_view::npos);
}

TEST_F(Pages, landing_explains_an_empty_result) {
    services.respond("GET /api/tickets", 200, "[]");
    EXPECT_TRUE(has(open("/"), "Nothing on sale yet"));
    EXPECT_TRUE(has(open("/?q=zzz"), "No tickets match your search"));
}

TEST_F(Pages, landing_keeps_an_invalid_filter) {
    services.respond(
        "GET /api/tickets", 400,
        R"({"errors":[{"message":"must be a decimal number such as 19.99","field":"minPrice"}]})");
    auto page = open("/?minPrice=cheap&from=2026-01-01").expect(400, "value=\"cheap\"");
    for (auto part : {"role=\"alert\"", "href=\"#minPrice\"", "aria-describedby=\"minPrice-error\"",
                      "value=\"2026-01-01\"", "Enter a price, e.g. 19.99"}) {
        EXPECT_TRUE(has(page, part)) << part;
    }
}

TEST_F(Pages, landing_reads_prices_in_the_chosen_currency) {
    services.respond("GET /api/tickets", 200, "[]");
    open("/?minPrice=15.000&currency=ISK").expect(200);
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?minPrice=15000&currency=ISK&limit=20");
    open("/?maxPrice=2,500&currency=EUR").expect(200);
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?maxPrice=2500&currency=EUR&limit=20");
}

TEST_F(Pages, landing_asks_for_the_currency_of_a_price) {
    services.respond("GET /api/tickets", 400,
                     R"({"errors":[{"message":"Choose a currency to filter by price","field":"currency"}]})");
    auto page = open("/?minPrice=20").expect(400, "Choose a currency to filter by price");
    for (auto part : {"href=\"#currency\"", "aria-describedby=\"currency-error\"", "value=\"20\""})
        EXPECT_TRUE(has(page, part)) << part;
}

TEST_F(Pages, landing_begins_a_search_by_words_with_the_best_matches) {
    services.respond("GET /api/tickets", 200, "[" + std::string{concert} + "]");
    auto page = open("/?q=bach").expect(200, "<option value=\"\" selected>Best match</option>");
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?q=bach&sort=relevance&limit=20");
    open("/?q=bach&sort=date").expect(200, "<option value=\"date\" selected>");
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets").target,
              "/api/tickets?q=bach&sort=date&limit=20");
    page = open("/?category=concert").expect(200, "<option value=\"\" selected>Date: soonest first</option>");
    EXPECT_FALSE(has(page, "Best match"));
}

TEST_F(Pages, landing_says_how_many_it_found_and_what_else_to_search_for) {
    services.respond("GET /api/tickets", 200, "[" + std::string{concert} + "]");
    services.respond("GET /api/tickets/summary", 200, R"({"count":1000,"more":true})");
    open("/?q=bach&category=concert").expect(200, "At least 1,000 listings");
    EXPECT_EQ(services.last(http::Method::get, "/api/tickets/summary").target,
              "/api/tickets/summary?q=bach&category=concert&sort=relevance");
    services.respond("GET /api/tickets/summary", 200, R"({"count":1,"more":false,"searchedFor":"b<ach"})");
    auto page = open("/?q=bahc").expect(200, "1 listing<");
    EXPECT_TRUE(has(page, "No tickets match exactly. Showing tickets for “b&lt;ach”."));
    services.respond("GET /api/tickets", 200, "[]");
    services.respond("GET /api/tickets/summary", 200, R"({"count":0,"more":false,"didYouMean":"bach bonn"})");
    page = open("/?q=bahc+bonn&category=concert");
    EXPECT_TRUE(has(page, "Did you mean <a href=\"/?q=bach%20bonn&amp;category=concert\">bach bonn</a>?"));
}

TEST_F(Pages, a_service_error_is_explained) {
    services.respond("GET /api/tickets", 503,
                     R"({"errors":[{"message":"Shutting down; try again in a moment"}]})");
    auto page = open("/").expect(503, "Listings are unavailable right now");
    EXPECT_TRUE(page.headers["Content-Type"].starts_with("text/html"));
    EXPECT_EQ(page.headers["Retry-After"], "5");
    auto program = test.nobody().with("Accept", "application/json").get("/");
    EXPECT_EQ(program.status, 503);
    EXPECT_EQ(program.headers["Content-Type"], "application/problem+json");
}

TEST_F(Pages, an_unreachable_service_is_explained) {
    services.all_down = true;
    open("/").expect(503, "Listings are unavailable right now");
    open_as("buyer", "/orders").expect(503, "Orders are unavailable right now");
    open_as("buyer", "/orders/order-1/pay").expect(503, "Orders are unavailable right now");
    open_as("buyer", "/account").expect(503, "Accounts are unavailable right now");
    follow("", browser().post("/auth/signin", "email=a&password=b"))
        .expect(200, "Accounts are unavailable right now");
    open("/auth/signin").expect(200);  // needs no service
    EXPECT_FALSE(has(open("/"), "connection refused"));
}

TEST_F(Pages, an_unreadable_response_is_a_server_error) {
    services.respond("GET /api/tickets", 200, R"([{"id":7}])");
    open("/").expect(500, "Something went wrong");
}

TEST_F(Pages, a_listing_can_be_bought_by_all_but_its_seller) {
    services.respond("GET /api/tickets/concert", 200, concert);
    auto page = open("/tickets/concert").expect(200, "Add to basket");
    EXPECT_TRUE(has(page, "max=\"3\"")) << "limited by maxPerOrder";
    EXPECT_FALSE(has(page, "name=\"key\""))
        << "nothing may differ between visits, so that the page can be cached";
    EXPECT_TRUE(has(open_as("buyer", "/tickets/concert"), "name=\"key\""));
    auto own = open_as("seller", "/tickets/concert").expect(200, "This is your listing");
    EXPECT_FALSE(has(own, "Add to basket"));
}

TEST_F(Pages, a_started_event_is_not_for_sale) {
    auto soon = std::string{concert};
    auto starts_at = std::string_view{"2026-05-02T17:30:00.000Z"};
    soon.replace(soon.find(starts_at), starts_at.size(), "2026-01-01T00:01:00.000Z");
    services.respond("GET /api/tickets/concert", 200, soon);
    services.respond("GET /api/tickets", 200, "[" + soon + "]");
    auto basket = browser().with("Cookie", "basket=concert:2");
    test.clock.advance(std::chrono::milliseconds{59'999});
    open("/tickets/concert").expect(200, "Hold now");
    basket.get("/basket").expect(200, "Hold these tickets");
    test.clock.advance(std::chrono::milliseconds{1});
    basket.get("/basket").expect(200, "This event has already started.");
    test.clock.advance(PageCache::max_age);
    auto page = open("/tickets/concert").expect(200, "This event has already started.");
    EXPECT_FALSE(has(page, "Hold now"));
    EXPECT_FALSE(has(page, "Add to basket"));
    EXPECT_FALSE(has(page, "Only 4 left"));
    EXPECT_FALSE(has(open("/").expect(200, "Already started"), "to basket"));
    EXPECT_FALSE(
        has(basket.get("/basket").expect(200, "This event has already started."), "Hold these tickets"));
}

TEST_F(Pages, a_404_is_a_page_for_browsers_and_json_for_programs) {
    open("/tickets/nowhere").expect(404, "We couldn’t find that page");
    EXPECT_TRUE(open("/nowhere").expect(404).headers["Content-Type"].starts_with("text/html"));
    EXPECT_EQ(open("/api/nowhere").expect(404).headers["Content-Type"], "application/problem+json");
    EXPECT_EQ(test.get("/nowhere").expect(404).headers["Content-Type"], "application/problem+json");
}

TEST_F(Pages, pages_that_need_an_account_redirect_to_sign_in) {
    for (auto path : {"/tickets/new", "/selling", "/orders", "/orders/order-1", "/account",
                      "/tickets/concert/edit", "/tickets/concert/cancel", "/orders/order-1/pay"}) {
        auto response = open(path).expect(303);
        EXPECT_EQ(location(response), "/auth/signin?next=" + http::percent_encode(path)) << path;
    }
}

TEST_F(Pages, a_form_creates_one_listing) {
    services.respond("POST /api/tickets", 201, concert);
    auto response = submit_as(
        "seller", "/tickets/new",
        "key=k1&title=Bach&price=1%2C250&currency=EUR&quantity=10&maxPerOrder=3&startsAt=2026-05-02T19%3A30"
        "&timeZone=Europe%2FBerlin&description=a%0D%0Ab&venue=&category=concert");
    EXPECT_EQ(location(response.expect(303)), "/tickets/concert?done=listed");
    const auto& request = services.last(http::Method::post);
    EXPECT_EQ(request.headers["Idempotency-Key"], "k1");
    auto body = json::parse(request.body).value();
    EXPECT_EQ(body["price"].number()->text, "1250");
    EXPECT_EQ(*body["startsAt"].string(), "2026-05-02T17:30:00.000Z");
    EXPECT_EQ(*body["description"].string(), "a\nb");
    EXPECT_FALSE(body.find("venue")) << "empty inputs are left out";
}

TEST_F(Pages, a_changed_listing_form_creates_another_listing) {
    services.respond("POST /api/tickets", 201, concert);
    auto key_for = [&](const std::string& title) {
        auto response = submit_as("seller", "/tickets/new", "key=k1&price=5&quantity=1&title=" + title);
        EXPECT_EQ(location(response.expect(303)), "/tickets/concert?done=listed");
        return std::string{services.last(http::Method::post).headers["Idempotency-Key"]};
    };
    EXPECT_EQ(key_for("Bach"), "k1");
    auto other = key_for("Mozart");
    EXPECT_NE(other, "k1");
    EXPECT_EQ(key_for("Mozart"), other) << "a double click on the changed form";
}

TEST_F(Pages, a_rejected_listing_shows_each_error_at_its_field) {
    services.respond("POST /api/tickets", 400,
                     R"({"errors":[{"message":"must not be empty","field":"title"},
                         {"message":"must be a decimal number such as 19.99","field":"price"}]})");
    auto sent =
        submit_as("seller", "/tickets/new", "title=&price=free&venue=Alte+Oper&timeZone=Asia%2FTokyo");
    EXPECT_TRUE(location(sent).starts_with("/tickets/new?draft="));
    auto page = follow("seller", sent).expect(200, "role=\"alert\"");
    for (auto part : {"href=\"#title\"", "Title must not be empty", "id=\"price-error\"", "value=\"free\"",
                      "value=\"Alte Oper\"", "<option value=\"Asia/Tokyo\" selected>"}) {
        EXPECT_TRUE(has(page, part)) << part;
    }
    EXPECT_EQ(*json::parse(services.last(http::Method::post).body).value()["price"].string(), "free");
}

TEST_F(Pages, sell_reads_the_price_in_its_currency) {
    services.respond("POST /api/tickets", 201, concert);
    for (auto [typed, currency, sent] : {std::tuple{"15.000", "ISK", "15000"},
                                         {"25.000", "KRW", "25000"},
                                         {"1.000", "JPY", "1000"},
                                         {"2.500", "EUR", "2500"},
                                         {"1.500", "KWD", "1.500"}}) {
        submit_as("seller", "/tickets/new",
                  "key=k1&title=Bach&price=" + std::string{typed} + "&currency=" + currency)
            .expect(303);
        auto body = json::parse(services.last(http::Method::post).body).value();
        EXPECT_EQ(body["price"].number()->text, sent) << typed << " " << currency;
    }
}

TEST_F(Pages, sell_explains_an_ambiguous_price) {
    services.respond(
        "POST /api/tickets", 400,
        R"({"errors":[{"message":"Price must be a decimal number such as 19.99","field":"price"}]})");
    follow("seller", submit_as("seller", "/tickets/new", "key=k1&title=Bach&price=1%2C500&currency=KWD"))
        .expect(200, "Enter 1500 or 1.500");
    EXPECT_EQ(*json::parse(services.last(http::Method::post).body).value()["price"].string(), "1,500");
}

// What a browser sends of an edit form, with these inputs changed.
std::string sent_back(const testing::Response& page, std::map<std::string, std::string> changed = {}) {
    auto text_of = [](std::string_view tag, std::string_view attribute) {
        auto start = std::string{" "}.append(attribute).append("=\"");
        auto at = tag.find(start);
        auto text = at == std::string_view::npos ? std::string{} : std::string{tag.substr(at + start.size())};
        text.resize(std::min(text.size(), text.find('"')));
        for (auto [entity, character] :
             {std::pair{"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}})
            for (auto e = text.find(entity); e != std::string::npos; e = text.find(entity, e + 1))
                text.replace(e, std::string_view{entity}.size(), character);
        return text;
    };
    std::string_view html{page.body};
    html = html.substr(html.find("<form class=\"sheet\""));
    html = html.substr(0, html.find("</form>"));
    std::map<std::string, std::string> inputs;
    std::string select;
    for (auto at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
        auto tag = html.substr(at, html.find('>', at) - at);
        if (tag.starts_with("<input")) inputs[text_of(tag, "name")] = text_of(tag, "value");
        if (tag.starts_with("<select")) select = text_of(tag, "name");
        if (tag.starts_with("<option") && tag.ends_with(" selected")) inputs[select] = text_of(tag, "value");
        if (tag.starts_with("<textarea")) {
            auto text = html.substr(at + tag.size() + 2);
            inputs[text_of(tag, "name")] = std::string{text.substr(0, text.find('<'))};
        }
    }
    for (auto& [name, value] : changed) inputs[name] = value;
    std::string form;
    for (const auto& [name, value] : inputs)
        form += (form.empty() ? "" : "&") + name + "=" + http::percent_encode(value);
    return form;
}

std::string concert_with(std::vector<std::pair<std::string_view, std::string_view>> changes) {
    std::string text{concert};
    for (auto [from, to] : changes) text.replace(text.find(from), from.size(), to);
    return text;
}

struct Edits : Pages {
    Edits() { services.respond("PUT /api/tickets/concert", 200, concert); }
    json::Value sent() { return json::parse(services.last(http::Method::put).body).value(); }
    testing::Response edit_form() { return open_as("seller", "/tickets/concert/edit").expect(200); }
    testing::Response save(const std::string& form) {
        return submit_as("seller", "/tickets/concert/edit", form);
    }
};

TEST_F(Edits, keep_what_is_not_changed) {
    const std::pair<std::string_view, std::string_view> starts[]{
        {"2027-10-31T01:30:00.000Z", "Europe/Vienna"},
        {"2027-10-31T00:30:00.000Z", "Europe/Vienna"},
        {"2027-11-07T06:30:00.000Z", "America/New_York"},
        {"2027-06-01T18:00:45.123Z", "Asia/Calcutta"},
        {"9999-12-31T23:59:59.999Z", "Pacific/Kiritimati"}};
    for (auto [start, zone] : starts) {
        auto listing = concert_with({{"2026-05-02T17:30:00.000Z", start}, {"Europe/Berlin", zone}});
        services.respond("GET /api/tickets/concert", 200, listing);
        EXPECT_EQ(location(save(sent_back(edit_form(), {{"title", "Mozart"}})).expect(303)),
                  "/tickets/concert?done=saved");
        auto before = json::parse(listing).value();
        for (auto name : {"venue", "city", "category", "startsAt", "timeZone", "description", "currency"})
            EXPECT_EQ(*sent()[name].string(), *before[name].string()) << start << " " << name;
        for (auto name : {"price", "quantity", "maxPerOrder"})
            EXPECT_EQ(sent()[name].number()->text, before[name].number()->text) << start << " " << name;
        EXPECT_EQ(*sent()["title"].string(), "Mozart");
    }
}

TEST_F(Edits, keep_an_absent_time_zone) {
    services.respond("GET /api/tickets/concert", 200, concert_with({{R"("timeZone":"Europe/Berlin",)", ""}}));
    auto page = edit_form();
    EXPECT_TRUE(has(page, "<option value=\"UTC\" selected>"));
    (void)save(sent_back(page)).expect(303);
    EXPECT_FALSE(sent().find("timeZone"));
    EXPECT_EQ(*sent()["startsAt"].string(), "2026-05-02T17:30:00.000Z");
}

TEST_F(Edits, offer_an_hour_that_occurs_twice_twice) {
    services.respond("GET /api/tickets/concert", 200,
                     concert_with({{"2026-05-02T17:30:00.000Z", "2027-10-31T01:30:00.000Z"}}));
    auto page = edit_form();
    EXPECT_TRUE(has(page, "<option value=\"+02:00\">02:30 CEST (UTC+02:00)</option>"));
    EXPECT_TRUE(has(page, "<option value=\"+01:00\" selected>02:30 CET (UTC+01:00)</option>"));
    (void)save(sent_back(page, {{"startsAtOffset", "+02:00"}})).expect(303);
    EXPECT_EQ(*sent()["startsAt"].string(), "2027-10-31T00:30:00.000Z");

    services.respond("GET /api/tickets/concert", 200, concert);
    page = edit_form();
    EXPECT_FALSE(has(page, "startsAtOffset"));
    services.requests.clear();
    auto asked = follow("seller", save(sent_back(page, {{"startsAt", "2027-10-31T02:30"}})));
    asked.expect(200, "02:30 occurs twice on 31 Oct 2027");
    EXPECT_THROW((void)services.last(http::Method::put), std::runtime_error);
    EXPECT_TRUE(has(asked, "<option value=\"\" selected>Choose</option>"));
    (void)save(sent_back(asked, {{"startsAtOffset", "+01:00"}})).expect(303);
    EXPECT_EQ(*sent()["startsAt"].string(), "2027-10-31T01:30:00.000Z");
}

TEST_F(Edits, reject_a_time_that_does_not_exist) {
    services.respond("GET /api/tickets/concert", 200, concert);
    auto page = edit_form();
    services.requests.clear();
    for (auto [start, message] :
         {std::pair{"2027-03-28T02:30", "the clocks are set forward from 02:00 to 03:00"},
          {"2026-05-02T19:30:99", "Enter a date and a time"},
          {"2026-05-02T19:30:xx", "Enter a date and a time"}}) {
        auto rejected = follow("seller", save(sent_back(page, {{"startsAt", start}}))).expect(200, message);
        EXPECT_TRUE(has(rejected, "id=\"startsAt-error\"")) << start;
        EXPECT_TRUE(has(rejected, start));
        follow("seller", submit_as("seller", "/tickets/new",
                                   "timeZone=Europe%2FVienna&startsAt=" + http::percent_encode(start)))
            .expect(200, message);
    }
    EXPECT_THROW((void)services.last(http::Method::put), std::runtime_error);
    EXPECT_THROW((void)services.last(http::Method::post), std::runtime_error);
}

TEST_F(Edits, offer_every_time_zone_and_its_old_names) {
    auto page = open_as("seller", "/tickets/new").expect(200);
    for (auto zone : {"Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "America/Buenos_Aires", "UTC"})
        EXPECT_TRUE(has(page, "<option value=\"" + std::string{zone} + "\"")) << zone;
    EXPECT_FALSE(has(page, "autocomplete=\"off\" value")) << "browsers would not restore the input";
}

TEST_F(Edits, are_merged_with_a_newer_version) {
    services.respond("GET /api/tickets/concert", 200, concert_with({{"\"version\":3", "\"version\":2"}}));
    auto page = edit_form();
    services.respond("GET /api/tickets/concert", 200,
                     concert_with({{"Alte Oper", "Small Top"}, {"\"quantity\":10", "\"quantity\":12"}}));
    services.respond("PUT /api/tickets/concert", 409, listing_changed);
    auto sent_form = save(sent_back(page, {{"price", "25"}}));
    EXPECT_EQ(sent()["version"].number()->text, "2");
    auto merged = follow("seller", sent_form).expect(200, "changed in the meantime");
    for (auto part : {"name=\"version\" value=\"3\"",
                      "name=\"price\" inputmode=\"decimal\" required value=\"25\"", "value=\"Small Top\"",
                      "value=\"12\"", "</span> 19.90</dd>", "</span> 25</dd>", "</span> Small Top</dd>"})
        EXPECT_TRUE(has(merged, part)) << part;
    EXPECT_FALSE(has(merged, "Alte Oper")) << "a field that the seller didn't touch";
    services.respond("PUT /api/tickets/concert", 200, concert);
    (void)save(sent_back(merged)).expect(303);
    EXPECT_EQ(*sent()["venue"].string(), "Small Top");
    EXPECT_EQ(sent()["price"].number()->text, "25");
    EXPECT_EQ(sent()["quantity"].number()->text, "12");
    EXPECT_EQ(sent()["version"].number()->text, "3");
}

TEST_F(Edits, from_a_page_that_does_not_say_what_it_was_filled_from_show_the_differences) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond("PUT /api/tickets/concert", 409, listing_changed);
    EXPECT_TRUE(has(edit_form(), "value=\"2026-05-02T19:30\""));
    auto page =
        follow("seller", save("version=2&title=Mozart&price=25&currency=EUR&quantity=10&maxPerOrder=3"))
            .expect(200, "changed in the meantime");
    for (auto part : {"value=\"Mozart\"", "name=\"version\" value=\"3\"", "Bach &amp; &lt;b&gt;Sons"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(sent()["version"].number()->text, "2");
    open_as("buyer", "/tickets/concert/edit").expect(403, "You don’t have access");
}

TEST_F(Edits, that_are_identical_count_as_saved) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond("PUT /api/tickets/concert", 409, listing_changed);
    auto response = save(
        "version=2&title=Bach+%26+%3Cb%3ESons%3C%2Fb%3E&venue=Alte+Oper&city=Frankfurt&category=concert"
        "&startsAt=2026-05-02T19%3A30&timeZone=Europe%2FBerlin&price=19.9&currency=EUR&quantity=10"
        "&maxPerOrder=3&description=Two+seats%0D%0Aside+by+side");
    EXPECT_EQ(location(response.expect(303)), "/tickets/concert?done=saved");
}

TEST_F(Pages, a_quantity_below_what_is_sold_is_reported_at_its_field) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond(
        "PUT /api/tickets/concert", 409,
        R"({"errors":[{"message":"Quantity cannot be less than the number of tickets held or sold",
            "field":"quantity"}]})");
    auto sent = submit_as("seller", "/tickets/concert/edit", "version=3&title=Bach&price=25&quantity=1");
    auto page = follow("seller", sent).expect(200, "Quantity cannot be less than the number of tickets held");
    EXPECT_TRUE(has(page, "id=\"quantity-error\""));
}

TEST_F(Pages, withdrawing_redirects_to_the_sellers_listings) {
    services.respond("DELETE /api/tickets/concert", 204, "");
    services.respond("GET /api/tickets/mine", 200, "[" + std::string{concert} + "]");
    EXPECT_EQ(location(submit_as("seller", "/tickets/concert/withdraw", "").expect(303)),
              "/selling?done=withdrawn");
    auto page = open_as("seller", "/selling?done=withdrawn").expect(200, "Listing withdrawn.");
    for (auto part :
         {"<dt>Sold</dt><dd>2</dd>", "<dt>Held</dt><dd>4</dd>", "€39.80", "/tickets/concert/edit"})
        EXPECT_TRUE(has(page, part)) << part;
}

TEST_F(Pages, the_basket_is_a_cookie) {
    services.respond("GET /api/tickets/concert", 200, concert);
    auto added = browser().post("/basket", "do=add&ticket=concert&quantity=2").expect(303);
    EXPECT_EQ(added.headers["Set-Cookie"],
              "basket=concert:2; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
    auto page = browser().with("Cookie", "basket=concert:2.lost:1").get("/basket").expect(200, "€39.80");
    EXPECT_TRUE(has(page, "This listing no longer exists."));
    EXPECT_TRUE(has(page, "Hold these tickets"));
    auto removed = browser()
                       .with("Cookie", "basket=concert:2")
                       .post("/basket", "ticket=concert&quantity=2&remove=concert")
                       .expect(303);
    EXPECT_TRUE(removed.headers["Set-Cookie"].starts_with("basket=; Path=/; Max-Age=0"));
    EXPECT_TRUE(has(open("/basket").expect(200), "Your basket is empty"));
}

TEST_F(Pages, every_cookie_is_secure_behind_tls) {
    services.respond("POST /api/users/signin", 200, "{}", {{"Set-Cookie", "session=token; HttpOnly"}});
    services.respond("POST /api/users/signup", 409, R"({"errors":[{"message":"Taken"}]})");
    auto cookies_of = [&](const std::string& target, std::string form) {
        http::Request request{.method = http::Method::post};
        EXPECT_TRUE(request.set_target(target));
        request.https = true;  // as a trusted proxy reported
        request.body = std::move(form);
        std::vector<std::string> cookies;
        for (const auto& [name, value] : test.send(std::move(request)).headers) {
            if (name == "Set-Cookie") cookies.push_back(value);
        }
        EXPECT_EQ(cookies.size(), 1U) << target;
        for (const auto& cookie : cookies) EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
        return cookies;
    };
    EXPECT_TRUE(cookies_of("/basket", "do=add&ticket=concert")[0].starts_with("basket="));
    EXPECT_TRUE(cookies_of("/auth/signin", "email=a&password=b")[0].starts_with("session="));
    EXPECT_TRUE(cookies_of("/auth/signup", "email=a&password=b")[0].starts_with("drafts="));
}

TEST(PagesBehindHttps, the_basket_is_a_secure_cookie) {
    const ProgramSettings settings{.public_url = "https://tickets.example"};  // no trusted proxy reports it
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, {}, settings};
    auto added = test.nobody().post("/basket", "do=add&ticket=concert&quantity=2").expect(303);
    EXPECT_TRUE(added.headers["Set-Cookie"].starts_with("__Host-basket=concert:2; Path=/;"));
    EXPECT_TRUE(added.headers["Set-Cookie"].ends_with("; SameSite=Lax; Secure"));
    services.respond("GET /api/tickets/concert", 200, concert);
    auto page = test.nobody().with("Cookie", "basket=concert:3; __Host-basket=concert:2").get("/basket");
    page.expect(200, "€39.80");
    auto draft = test.nobody().post("/auth/signup", "email=a&password=b").expect(303);
    EXPECT_TRUE(draft.headers["Set-Cookie"].starts_with("__Host-drafts="));
}

TEST_F(Pages, a_form_places_one_order_and_clears_its_basket_lines) {
    services.respond("POST /api/orders", 201, held_order);
    auto response = test.as("buyer")
                        .with("Cookie", "basket=concert:1.other:1")
                        .post("/orders", "key=k2&ticket=concert&quantity=2");
    EXPECT_EQ(location(response.expect(303)), "/orders/order-1/pay?done=held");
    EXPECT_TRUE(response.headers["Set-Cookie"].starts_with("basket=other:1;"));
    const auto& request = services.last(http::Method::post);
    EXPECT_EQ(request.body, R"({"items":[{"ticketId":"concert","quantity":2}]})");
    EXPECT_EQ(request.headers["Idempotency-Key"], "k2");
}

TEST_F(Pages, a_changed_hold_form_places_another_order) {
    services.respond("POST /api/orders", 201, held_order);
    auto key_for = [&](const std::string& quantity) {
        auto response =
            submit_as("buyer", "/orders", "key=k1&from=listing&ticket=concert&quantity=" + quantity);
        EXPECT_EQ(location(response.expect(303)), "/orders/order-1/pay?done=held");
        return std::string{services.last(http::Method::post).headers["Idempotency-Key"]};
    };
    EXPECT_EQ(key_for("1"), "k1");
    EXPECT_EQ(key_for("1"), "k1") << "a double click";
    auto other = key_for("2");
    EXPECT_NE(other, "k1");
    EXPECT_EQ(key_for("2"), other) << "a double click on the changed form";
    EXPECT_NE(key_for("3"), other);
}

TEST_F(Pages, other_errors_are_not_retried) {
    services.respond("POST /api/tickets", 422, R"({"errors":[{"message":"is too odd","field":"title"}]})");
    auto sent = submit_as("seller", "/tickets/new", "key=k1&title=Bach");
    EXPECT_EQ(services.requests.size(), 1U);
    auto page = follow("seller", sent).expect(200, "Title is too odd");
    EXPECT_FALSE(has(page, "value=\"k1\"")) << "the key would repeat the response";
}

TEST_F(Pages, tickets_that_fall_short_are_reported_at_their_line) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond("POST /api/orders", 409,
                     R"({"errors":[{"message":"Only 1 of \"Bach\" (concert) left","field":"items[0]"}]})");
    auto sent =
        test.as("buyer").with("Cookie", "basket=concert:1").post("/orders", "ticket=concert&quantity=3");
    std::string cookies;
    for (const auto& [name, value] : sent.headers) {
        if (name == "Set-Cookie") cookies += value.substr(0, value.find(';')) + "; ";
    }
    EXPECT_NE(cookies.find("basket=concert:3"), std::string::npos) << "the submitted quantity";
    auto basket =
        test.as("buyer").with("Cookie", cookies).get(location(sent)).expect(200, "Nothing was held");
    EXPECT_TRUE(has(basket, "Only 1 of &quot;Bach&quot; left"));
    EXPECT_TRUE(has(basket, "href=\"#many-concert\""));
    auto listing = follow("buyer", test.as("buyer").post("/orders", "ticket=concert&quantity=3&from=listing"))
                       .expect(200, "id=\"quantity-error\"");
    EXPECT_TRUE(has(listing, "value=\"3\""));
}

TEST_F(Pages, a_form_holds_at_the_price_that_its_page_showed) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond("POST /api/orders", 201, held_order);
    for (auto page : {"/tickets/concert", "/basket"}) {
        auto shown = test.as("buyer").with("Cookie", "basket=concert:1").get(page);
        shown.expect(200, R"(name="price" value="19.90")").expect(200, R"(name="currency" value="EUR")");
    }
    submit_as("buyer", "/orders", "key=k1&ticket=concert&quantity=2&price=19.90&currency=EUR").expect(303);
    EXPECT_EQ(services.last(http::Method::post).body,
              R"({"items":[{"ticketId":"concert","quantity":2,"price":19.90,"currency":"EUR"}]})");
    submit_as("buyer", "/orders", "key=k2&ticket=concert&quantity=2&price=x&currency=EUR").expect(303);
    EXPECT_EQ(services.last(http::Method::post).body, R"({"items":[{"ticketId":"concert","quantity":2}]})");
}

TEST_F(Pages, a_risen_price_is_shown_before_anything_is_held) {
    services.respond("GET /api/tickets/concert", 200, concert);
    services.respond(
        "POST /api/orders", 409,
        R"({"errors":[{"message":"\"Bach\" (concert) now costs 19.90 EUR","field":"items[0].price"}]})");
    auto explanation = "&quot;Bach&quot; now costs 19.90 EUR. Hold again to buy at the new price";
    for (auto from : {"", "&from=listing"}) {
        auto sent = submit_as("buyer", "/orders",
                              "key=k1&ticket=concert&quantity=2&price=15.00&currency=EUR" + std::string{from})
                        .expect(303);
        std::string cookies;
        for (const auto& [name, value] : sent.headers)
            if (name == "Set-Cookie") cookies += value.substr(0, value.find(';')) + "; ";
        auto page = test.as("buyer")
                        .with("Accept", "text/html")
                        .with("Cookie", cookies)
                        .get(location(sent))
                        .expect(200, explanation);
        EXPECT_TRUE(has(page, R"(name="price" value="19.90")")) << "the next attempt accepts the new price";
    }
}

TEST_F(Pages, a_hold_that_costs_work_gives_the_browser_its_challenge) {
    services.respond("POST /api/orders", 429,
                     R"({"errors":[{"message":"Many of these tickets are held","field":"proof"}]})");
    services.respond("GET /api/tickets/concert", 200, concert);
    auto form = "key=k1&from=listing&ticket=concert&quantity=2";
    auto page = follow("buyer", submit_as("buyer", "/orders", form)).expect(200, "a short calculation");
    EXPECT_TRUE(has(page, R"(data-challenge="stagedoor hold buyer )")) << page.body;
    EXPECT_TRUE(has(page, R"(data-iterations="1000" data-zero-bits="10")"));
    services.respond("POST /api/orders", 201, held_order);
    submit_as("buyer", "/orders", form + std::string{"&proof=1151"}).expect(303);
    EXPECT_TRUE(services.last(http::Method::post).body.ends_with(R"(],"proof":"1151"})"));
}

TEST_F(Pages, an_order_shows_when_its_hold_expires) {
    services.respond("GET /api/orders/order-1", 200, held_order);
    services.respond("GET /api/orders", 200, "[" + std::string{held_order} + "]");
    auto page = open_as("buyer", "/orders/order-1")
                    .expect(200, "Held for you for <strong data-countdown=\"900\">15 minutes</strong>");
    for (auto part : {"Thu 1 Jan 2026, 00:15 UTC", "datetime=\"2026-01-01T00:15:00.000Z\"", "€39.80",
                      "/orders/order-1/cancel"}) {
        EXPECT_TRUE(has(page, part)) << part;
    }
    EXPECT_TRUE(has(open_as("buyer", "/orders").expect(200), "2 tickets"));
}

TEST_F(Pages, an_order_is_cancelled_or_the_page_explains_why_not) {
    services.respond("GET /api/orders/order-1", 200, held_order);
    services.respond("DELETE /api/orders/order-1", 204, "");
    EXPECT_EQ(location(submit_as("buyer", "/orders/order-1/cancel", "").expect(303)),
              "/orders/order-1?done=cancelled");
    services.respond("DELETE /api/orders/order-1", 409,
                     R"({"errors":[{"message":"The order is already paid, or a payment is in progress"}]})");
    follow("buyer", submit_as("buyer", "/orders/order-1/cancel", ""))
        .expect(200, "The order is already paid, or a payment is in progress");
    EXPECT_EQ(location(open_as("buyer", "/orders/order-1/cancel").expect(303)), "/orders/order-1");
    services.respond("GET /api/orders/order-1", 403,
                     R"({"errors":[{"message":"Only the buyer can see this order"}]})");
    open_as("other", "/orders/order-1").expect(403, "Only the buyer can see this order");
}

TEST_F(Pages, sign_in_sets_the_cookie_and_redirects_to_next) {
    services.respond("POST /api/users/signin", 200, R"({"id":"u","email":"a@b.example"})",
                     {{"Set-Cookie", "session=token; HttpOnly"}});
    auto response = browser()
                        .with("User-Agent", "Test")
                        .post("/auth/signin", "email=a%40b.example&password=+p&next=%2Forders");
    EXPECT_EQ(location(response.expect(303)), "/orders");
    EXPECT_EQ(response.headers["Set-Cookie"], "session=token; HttpOnly");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"email":"a@b.example","password":" p"})");
    EXPECT_EQ(services.last(http::Method::post).headers["User-Agent"], "Test");
    for (auto next : {"%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example"}) {
        EXPECT_EQ(location(browser().post("/auth/signin", "email=a&password=b&next=" + std::string{next})),
                  "/")
            << next;
    }
}

TEST_F(Pages, a_rejected_sign_in_keeps_the_email_but_not_the_password) {
    services.respond("POST /api/users/signin", 401, R"({"errors":[{"message":"Wrong email or password"}]})");
    auto page = follow("", browser().post("/auth/signin", "email=a%40b.example&password=hunter2hunter2"))
                    .expect(200, "Wrong email or password");
    EXPECT_TRUE(has(page, "value=\"a@b.example\""));
    EXPECT_FALSE(has(page, "hunter2"));
    services.respond("POST /api/users/signup", 409,
                     R"({"errors":[{"message":"Email is already in use","field":"email"}]})");
    auto sign_up = follow("", browser().post("/auth/signup", "email=a%40b.example&password=hunter2hunter2"))
                       .expect(200, "You already have an account. Sign in?");
    EXPECT_FALSE(has(sign_up, "hunter2"));
    services.respond("POST /api/users/signin", 429,
                     R"({"errors":[{"message":"Too many attempts. Try again in 14 minutes"}]})",
                     {{"Retry-After", "840"}});
    follow("", browser().post("/auth/signin", "email=a%40b.example&password=x&next=%2Forders"))
        .expect(200, "Too many attempts. Try again in 14 minutes");
}

TEST_F(Pages, sign_out_clears_the_basket) {
    services.respond("POST /api/users/signout", 200, "{}", {{"Set-Cookie", "session=; Max-Age=0"}});
    auto response = test.as("buyer").with("Cookie", "basket=concert:1").post("/auth/signout", "").expect(303);
    std::string cookies;
    for (const auto& [name, value] : response.headers) {
        if (name == "Set-Cookie") cookies += value + "\n";
    }
    EXPECT_NE(cookies.find("session=; Max-Age=0"), std::string::npos);
    EXPECT_NE(cookies.find("basket=; Path=/; Max-Age=0"), std::string::npos);
    EXPECT_EQ(response.headers["Clear-Site-Data"], "\"cache\"");
}

TEST_F(Pages, of_one_user_are_kept_by_no_browser) {
    services.respond("GET /api/tickets", 200, "[]");
    services.respond("GET /api/orders", 200, "[]");
    services.respond("GET /api/orders/order-1", 200, held_order);
    for (auto page : {"/account", "/orders", "/orders/order-1", "/selling", "/tickets/new"})
        EXPECT_EQ(open_as("buyer", page).headers["Cache-Control"], "no-store") << page;
    EXPECT_EQ(open_as("buyer", "/").headers["Cache-Control"], "private, no-cache");
}

TEST_F(Pages, a_paid_order_has_a_calendar_file) {
    std::string order = held_order;
    services.respond("GET /api/payments", 200, "[]");
    order.replace(order.find("\"version\":3"), 11, R"("version":3,"startsAt":"2026-05-02T17:30:00.000Z")");
    services.respond("GET /api/orders/order-1", 200, order);
    open_as("buyer", "/orders/order-1/calendar.ics").expect(404);
    order.replace(order.find("\"created\""), 9, "\"complete\"");
    services.respond("GET /api/orders/order-1", 200, order);
    EXPECT_TRUE(has(open_as("buyer", "/orders/order-1"), "href=\"/orders/order-1/calendar.ics\""));
    auto file = open_as("buyer", "/orders/order-1/calendar.ics").expect(200, "DTSTART:20260502T173000Z");
    EXPECT_EQ(file.headers["Content-Type"], "text/calendar; charset=utf-8");
    EXPECT_TRUE(has(file, "UID:order-1.concert@stagedoor")) << "as in the email";
}

TEST_F(Pages, an_expired_order_can_be_held_again) {
    std::string order = held_order;
    order.replace(order.find("\"created\""), 9, "\"cancelled\",\"reason\":\"expired\"");
    services.respond("GET /api/orders/order-1", 200, order);
    services.respond("GET /api/payments", 200, "[]");
    auto page = open_as("buyer", "/orders/order-1").expect(200, "Hold again");
    EXPECT_TRUE(has(page, R"(name="ticket" value="concert")"));
    EXPECT_TRUE(has(page, R"(name="quantity" value="2")"));
    EXPECT_TRUE(has(page, R"(name="price" value="19.90")")) << "so that a risen price must be confirmed";
    services.respond("GET /api/orders/order-1", 200, held_order);
    EXPECT_FALSE(has(open_as("buyer", "/orders/order-1"), "Hold again"));
}

struct PagesWithContact : ::testing::Test {
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services,
                              Settings{.security_contact = "mailto:security@tickets.example",
                                       .security_expires = "2027-06-30T00:00:00.000Z"},
                              ProgramSettings{.public_url = "https://tickets.example"}};
};

TEST_F(PagesWithContact, say_where_to_report_vulnerabilities) {
    auto text = test.get("/.well-known/security.txt").expect(200);
    EXPECT_EQ(text.headers["Content-Type"], "text/plain; charset=utf-8");
    EXPECT_EQ(text.body,
              "Contact: mailto:security@tickets.example\n"
              "Expires: 2027-06-30T00:00:00.000Z\n"
              "Preferred-Languages: en\n"
              "Canonical: https://tickets.example/.well-known/security.txt\n");
}

TEST_F(Pages, have_no_contact_that_nobody_configured) { test.get("/.well-known/security.txt").expect(404); }

TEST_F(Pages, the_account_has_the_name_that_buyers_see) {
    services.respond(
        "GET /api/users/currentuser", 200,
        R"({"currentUser":{"id":"buyer","email":"b@example.com","confirmed":true,"name":"A \"Mill\""}})");
    services.respond("GET /api/users/sessions", 200, "[]");
    open_as("buyer", "/account")
        .expect(200, R"(name="name" maxlength="60" autocomplete="organization" value="A &quot;Mill&quot;")");
    services.respond("PUT /api/users/name", 200, "{}");
    auto sent = submit_as("buyer", "/account/name", "name=+New+Mill+").expect(303);
    EXPECT_EQ(location(sent), "/account?done=name");
    EXPECT_EQ(services.last(http::Method::put).body, R"({"name":"New Mill"})");
    open_as("buyer", "/account?done=name").expect(200, "Saved.");
    services.respond("PUT /api/users/name", 400,
                     R"({"errors":[{"message":"Name must be on one line","field":"name"}]})");
    auto page = follow("buyer", submit_as("buyer", "/account/name", "name=Two+lines"));
    EXPECT_TRUE(has(page, R"(value="Two lines" aria-invalid="true")")) << "as it was entered";
    EXPECT_TRUE(has(page, "<a href=\"#name\">Name must be on one line</a>"));
}

TEST_F(Pages, the_account_lists_sessions_and_changes_the_password) {
    services.respond(
        "GET /api/users/sessions", 200,
        R"([{"id":"s1","createdAt":"2026-01-01T00:00:00.000Z","lastSeenAt":"2026-01-01T10:00:00.000Z",
              "current":true,"userAgent":"Firefox/1 Windows"},
                     {"id":"s2","createdAt":"2025-12-31T00:00:00.000Z","current":false}])");
    services.respond("GET /api/users/currentuser", 200,
                     R"({"currentUser":{"id":"buyer","email":"b@x.example","confirmed":true}})");
    auto page = open_as("buyer", "/account").expect(200, "Firefox on Windows");
    EXPECT_TRUE(has(page, "This device"));
    EXPECT_TRUE(has(page, "name=\"session\" value=\"s2\""));
    EXPECT_FALSE(has(page, "name=\"session\" value=\"s1\""));
    services.respond("PUT /api/users/password", 400,
                     R"({"errors":[{"message":"must have at least 8 characters","field":"newPassword"}]})");
    follow("buyer", submit_as("buyer", "/account/password", "currentPassword=a&newPassword=b"))
        .expect(200, "New password must have at least 8 characters");
    services.respond("PUT /api/users/password", 200, "{}", {{"Set-Cookie", "session=new"}});
    auto changed = submit_as("buyer", "/account/password", "currentPassword=a&newPassword=b").expect(303);
    EXPECT_EQ(changed.headers["Set-Cookie"], "session=new");
    services.respond("POST /api/users/sessions/end", 400,
                     R"({"errors":[{"message":"Current password is wrong","field":"password"}]})");
    follow("buyer", submit_as("buyer", "/account/sessions/end", "session=s2&password=x"))
        .expect(200, "Current password is wrong");
    services.respond("POST /api/users/sessions/end", 200, "{}");
    EXPECT_EQ(location(submit_as("buyer", "/account/sessions/end", "session=s2&password=p").expect(303)),
              "/account?done=ended");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"password":"p","id":"s2"})");
    EXPECT_EQ(location(submit_as("buyer", "/account/sessions/end", "session=others&password=p").expect(303)),
              "/account?done=ended-all");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"password":"p"})");
}

TEST_F(Pages, a_token_is_renewed_in_its_second_half) {
    services.respond("GET /api/tickets", 200, "[]");
    services.respond("GET /api/users/currentuser", 200, R"({"currentUser":{"id":"buyer","email":"b@x"}})",
                     {{"Set-Cookie", "session=fresh"}});
    auto buyer = test.as("buyer");
    EXPECT_FALSE(buyer.get("/").headers.has("Set-Cookie"));
    test.clock.advance(std::chrono::hours{13});
    EXPECT_EQ(buyer.get("/").expect(200).headers["Set-Cookie"], "session=fresh");
    services.respond("GET /api/users/currentuser", 503, "{}");
    buyer.get("/").expect(200);
}

TEST_F(Pages, static_files_are_cacheable_under_their_versioned_url) {
    services.respond("GET /api/tickets", 200, "[]");
    auto page = open("/");
    auto at = page.body.find("/static/stagedoor.css?v=");
    ASSERT_NE(at, std::string::npos);
    auto address = page.body.substr(at, page.body.find('"', at) - at);
    auto styles = test.get(address).expect(200, "--accent");
    EXPECT_EQ(styles.headers["Cache-Control"], "public, max-age=31536000, immutable");
    EXPECT_EQ(styles.headers["Content-Type"], "text/css; charset=utf-8");
    EXPECT_EQ(test.get("/static/stagedoor.css?v=old").expect(200).headers["Cache-Control"], "no-cache");
    test.get("/static/nothing.css").expect(404);
}

}  // namespace
}  // namespace stagedoor::client
