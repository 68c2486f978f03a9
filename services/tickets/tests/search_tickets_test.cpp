#include <atomic>
#include <random>

#include "services/tickets/store/search.hpp"
#include "services/tickets/store/tickets.hpp"
#include "services/tickets/tests/tickets_test.hpp"
#include "testing/concurrently.hpp"

namespace stagedoor::tickets {

struct SearchTickets : TicketsTest {
    // The titles on all pages.
    std::string all_pages(const std::string& query) {
        std::string titles, target = "/api/tickets?" + query;
        while (!target.empty()) {
            auto page = tickets.get(target).expect(200);
            const auto document = page.json();
            for (const auto& ticket : *document.array())
                titles += (titles.empty() ? "" : ", ") + *ticket["title"].string();
            std::string link{page.headers["Link"]};
            target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        }
        return titles;
    }
};

TEST_F(SearchTickets, matches_all_words_by_folded_prefix) {
    create_listing("Bartók Quartets",
                   R"(,"venue":"Grosser Saal","city":"Zürich","description":"Mit Mira Haas")");
    create_listing("Boxing Day Derby", R"(,"city":"Ashford")");
    EXPECT_EQ(search("q=bartok"), "Bartók Quartets");
    EXPECT_EQ(search("q=BARTÓK"), "Bartók Quartets");
    EXPECT_EQ(search("q=zurich%20quart"), "Bartók Quartets");
    EXPECT_EQ(search("q=mira+saal"), "Bartók Quartets");
    EXPECT_EQ(search("q=mira+derby"), "");
    EXPECT_EQ(search("q=artets"), "") << "prefixes only";
    EXPECT_EQ(search("q=b"), "Bartók Quartets, Boxing Day Derby");
    EXPECT_EQ(search("q=%25_"), "") << "LIKE wildcards have no meaning";
    EXPECT_EQ(search("q="), "Bartók Quartets, Boxing Day Derby");
}

TEST_F(SearchTickets, ignores_what_cannot_be_seen_in_the_words) {
    create_listing("Bach in Berlin");
    EXPECT_EQ(search("q=%EF%BB%BFber%E2%80%8Blin%E2%80%AE"), "Bach in Berlin");
}

TEST_F(SearchTickets, finds_rare_words_among_common_ones) {
    for (int i = 0; i < 80; ++i) create_listing("Common thing", "", "seller " + std::to_string(i / 40));
    create_listing("A common needle");
    EXPECT_EQ(search("q=common+needle"), "A common needle");
    EXPECT_EQ(search("q=common+nothing"), "");
    EXPECT_EQ(search("q=comm&sort=new&limit=2"), "A common needle, Common thing");
}

TEST_F(SearchTickets, filters_by_city) {
    create_listing("One", R"(,"city":"New York")");
    create_listing("Two", R"(,"city":"new-york")");
    create_listing("Three", R"(,"city":"York")");
    create_listing("New York City Ballet", R"(,"city":"Yorkshire")");
    EXPECT_EQ(search("city=New%20York"), "One, Two");
    EXPECT_EQ(search("city=new-york"), "One, Two");
    EXPECT_EQ(search("city=york"), "Three");
    EXPECT_EQ(search("city=york&q=two"), "");
    EXPECT_EQ(search("city=atlantis"), "");
    tickets.get("/api/tickets?city=" + std::string(101, 'x')).expect(400);
}

TEST_F(SearchTickets, finds_all_listings_of_an_event) {
    auto place = R"(,"venue":"Alte Oper","startsAt":"2027-06-02T18:00:00Z")";
    auto id = create_listing("Bach & Sons", place);
    create_listing("BACH, sons", R"(,"venue":"ALTE OPER","startsAt":"2027-06-02T20:00:00+02:00")", "other");
    create_listing("Bach & Sons", R"(,"venue":"Alte Oper","startsAt":"2027-06-03T18:00:00Z")");
    auto event = *tickets.get("/api/tickets/" + id).expect(200).json()["event"].string();
    EXPECT_EQ(search("event=" + event), "Bach & Sons, BACH, sons");
    EXPECT_EQ(search("event=unknown"), "");
    auto elsewhere = create_listing("Bach & Sons", R"(,"startsAt":"2027-06-02T18:00:00Z")");
    EXPECT_TRUE(tickets.get("/api/tickets/" + elsewhere).expect(200).json()["event"].is_null());
}

TEST_F(SearchTickets, an_edit_moves_a_listing_to_another_event) {
    auto body = [](const std::string& venue) {
        return R"({"title":"Bach","price":10,"startsAt":"2027-06-02T18:00:00Z","venue":")" + venue + R"("})";
    };
    auto id = create_listing("Bach", R"(,"venue":"Alte Oper","startsAt":"2027-06-02T18:00:00Z")");
    auto event_of = [&] { return *tickets.get("/api/tickets/" + id).expect(200).json()["event"].string(); };
    auto before = event_of();
    tickets.as("seller").put("/api/tickets/" + id, body("Neue Oper")).expect(200);
    EXPECT_NE(event_of(), before);
    EXPECT_EQ(search("event=" + before), "");
    EXPECT_EQ(search("event=" + event_of()), "Bach");
}

TEST_F(SearchTickets, counts_the_listings_of_cities) {
    for (auto city : {"Wien", "Zürich", "Zürich", "zurich", "Wien", "Bern"})
        create_listing("Bach", R"(,"city":")" + std::string{city} + R"(")");
    create_listing("Bach", R"(,"city":"Bern")");
    create_listing("Nowhere");
    auto body = tickets.get("/api/tickets/cities").expect(200).body;
    EXPECT_EQ(
        body,
        R"([{"name":"Zürich","listings":3},{"name":"Bern","listings":2},{"name":"Wien","listings":2}])");
    create_listing("Bach", R"(,"city":"Wien")");
    EXPECT_EQ(tickets.get("/api/tickets/cities").expect(200).body, body) << "counted once a minute";
    tickets.clock.advance(std::chrono::seconds{61});
    EXPECT_NE(tickets.get("/api/tickets/cities").expect(200).body, body);
}

TEST_F(SearchTickets, shows_what_a_seller_has_sold) {
    auto id = create_listing("Bach");
    tickets.get("/api/tickets/sellers/nobody").expect(404);
    auto user = tickets.get("/api/tickets/" + id).expect(200).at("userId");
    auto sold_by_seller = [&] { return tickets.get("/api/tickets/sellers/" + user).expect(200).at("sold"); };
    EXPECT_EQ(sold_by_seller(), "0");
    tickets.write([&](sql::Tx& tx) { tx.execute("UPDATE tickets SET sold = 3"); });
    EXPECT_EQ(sold_by_seller(), "3");
}

TEST_F(SearchTickets, finds_categories_and_cities_by_name) {
    create_listing("Nosferatu", R"(,"category":"film","city":"New York")");
    create_listing("Hamlet", R"(,"category":"theatre","city":"London")");
    EXPECT_EQ(search("q=films"), "Nosferatu");
    EXPECT_EQ(search("q=movie+york"), "Nosferatu");
    EXPECT_EQ(search("q=theater"), "Hamlet");
    EXPECT_EQ(search("q=london+theatre"), "Hamlet");
}

TEST_F(SearchTickets, finds_singular_and_plural) {
    create_listing("Concert for two pianos");
    create_listing("Garden parties");
    create_listing("The Church");
    EXPECT_EQ(search("q=concerts"), "Concert for two pianos");
    EXPECT_EQ(search("q=piano"), "Concert for two pianos");
    EXPECT_EQ(search("q=party"), "Garden parties");
    EXPECT_EQ(search("q=gardens+parties"), "Garden parties");
    EXPECT_EQ(search("q=churches"), "The Church");
}

TEST_F(SearchTickets, finds_any_part_of_words_without_blanks) {
    create_listing("東京ドーム LIVE");
    create_listing("คอนเสิร์ตใหญ่");
    create_listing("京都の夜");
    EXPECT_EQ(search("q=%E6%9D%B1%E4%BA%AC"), "東京ドーム LIVE") << "東京";
    EXPECT_EQ(search("q=%E4%BA%AC%E3%83%89%E3%83%BC%E3%83%A0"), "東京ドーム LIVE") << "京ドーム";
    EXPECT_EQ(search("q=%E4%BA%AC"), "東京ドーム LIVE, 京都の夜") << "京";
    EXPECT_EQ(search("q=%E4%BA%AC%E9%83%BD%E3%83%89"), "") << "京都ド";
    EXPECT_EQ(search("q=%E0%B9%83%E0%B8%AB%E0%B8%8D%E0%B9%88"), "คอนเสิร์ตใหญ่") << "ใหญ่";
}

TEST_F(SearchTickets, corrects_a_typing_error_in_a_word_that_no_listing_has) {
    create_listing("Blue Lantern Orchestra", R"(,"description":"with Zwolfmann")");
    create_listing("Horror night");
    create_listing("Honor");
    EXPECT_EQ(search("q=blue+lanten"), "Blue Lantern Orchestra");
    EXPECT_EQ(search("q=lanterms"), "Blue Lantern Orchestra") << "of a plural";
    EXPECT_EQ(search("q=horor"), "Honor") << "the first of two that find as many";
    create_listing("Horror again");
    EXPECT_EQ(search("q=horor"), "Horror night, Horror again") << "the one that finds more";
    EXPECT_EQ(search("q=zwolfman"), "Blue Lantern Orchestra") << "a prefix";
    EXPECT_EQ(search("q=zwolfnann"), "") << "words of descriptions are not corrected to";
    EXPECT_EQ(search("q=honor"), "Honor") << "a word that listings have is what it is";
    EXPECT_EQ(search("q=lnetern"), "") << "two errors";
    auto id = create_listing("Honour");
    EXPECT_EQ(search("q=honnour"), "Honour");
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    EXPECT_EQ(search("q=honnour"), "") << "no longer on sale";
}

TEST_F(SearchTickets, sorts_by_relevance) {
    create_listing("Evening", R"(,"description":"a jazz night","startsAt":"2026-04-01T19:00:00Z")");
    create_listing("Nights of Jazzmen", R"(,"startsAt":"2026-04-02T19:00:00Z")");
    create_listing("A Night of Jazz", R"(,"startsAt":"2026-04-04T19:00:00Z")");
    create_listing("Jazz nights", R"(,"startsAt":"2026-04-03T19:00:00Z")");
    create_listing("Jazz", R"(,"venue":"Night Owl")");
    auto expected = "Jazz nights, A Night of Jazz, Nights of Jazzmen, Evening, Jazz";
    EXPECT_EQ(search("q=jazz+night&sort=relevance"), expected);
    EXPECT_EQ(all_pages("q=jazz+night&sort=relevance&limit=1"), expected);
    EXPECT_EQ(all_pages("q=jazz+night&sort=relevance&limit=2"), expected);
    EXPECT_EQ(search("sort=relevance"), search("sort=date"));
}

TEST_F(SearchTickets, finds_what_can_be_bought_behind_what_is_sold_out) {
    for (int i = 0; i < 20; ++i) {
        auto id = create_listing("Sold out", R"(,"startsAt":"2026-04-01T19:00:00Z")");
        tickets.receives(contracts::OrderCreated{order(id, 1, 1, "order " + std::to_string(i))});
    }
    create_listing("Left", R"(,"startsAt":"2026-04-02T19:00:00Z")");
    create_listing("Left, too", R"(,"startsAt":"2026-04-03T19:00:00Z")");
    EXPECT_EQ(search("limit=1"), "Left");
    EXPECT_EQ(all_pages("limit=1"), "Left, Left, too");
    EXPECT_EQ(tickets.get("/api/tickets/summary").at("count"), "2");
}

TEST_F(SearchTickets, counts_what_it_finds) {
    create_listing("Blue Lantern");
    create_listing("Blue Note", R"(,"category":"concert","city":"Berlin")");
    auto summary = [&](const std::string& query) {
        return tickets.get("/api/tickets/summary?" + query).expect(200).body;
    };
    EXPECT_EQ(summary("q=blue"), R"({"count":2,"more":false})");
    EXPECT_EQ(summary("q=blue&category=concert&currency=USD&maxPrice=10"), R"({"count":1,"more":false})");
    EXPECT_EQ(summary("q=blue&currency=EUR"), R"({"count":0,"more":false})");
    EXPECT_EQ(summary("q=blue+lanten"), R"({"count":1,"more":false,"searchedFor":"blue lantern"})");
    EXPECT_EQ(summary("q=blue+notte+berlin"), R"({"count":1,"more":false,"searchedFor":"blue note berlin"})");
    create_listing("Notte");
    EXPECT_EQ(summary("q=blue+notte"), R"({"count":0,"more":false,"didYouMean":"blue note"})");
    EXPECT_EQ(summary("q=nothing"), R"({"count":0,"more":false})");
    EXPECT_EQ(summary("q=!"), R"({"count":0,"more":false})");
    tickets.get("/api/tickets/summary?minPrice=1").expect(400).expect_field("currency");
}

TEST_F(SearchTickets, suggests_cities_and_titles) {
    create_listing("Longing Hearts", R"(,"city":"London")");
    create_listing("Longing Hearts", R"(,"city":"London")");
    create_listing("The long night", R"(,"city":"Łódź")");
    auto suggestions = [&](const std::string& text) {
        return tickets.get("/api/tickets/suggest?q=" + text).expect(200).body;
    };
    EXPECT_EQ(suggestions("lon"),
              R"([{"kind":"city","text":"London"},{"kind":"title","text":"Longing Hearts"},)"
              R"({"kind":"title","text":"The long night"}])");
    EXPECT_EQ(suggestions("lod"),
              R"([{"kind":"city","text":"Łódź"},{"kind":"title","text":"The long night"}])");
    EXPECT_EQ(suggestions("longing+harts"), R"([{"kind":"title","text":"Longing Hearts"}])");
    EXPECT_EQ(suggestions("xyz"), "[]");
    EXPECT_EQ(suggestions("%3F"), "[]");
    tickets.get("/api/tickets/suggest").expect(400).expect_field("q");
}

TEST_F(SearchTickets, forgets_words_cities_and_titles_that_are_no_longer_on_sale) {
    auto id = create_listing("Lantern", R"(,"city":"Ljubljana")");
    EXPECT_EQ(search("q=lubljana"), "Lantern");
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"Lamp","price":10,"city":"Zagreb"})")
        .expect(200);
    for (std::string query : {"lantern", "ljubljana", "lubljana"}) {
        EXPECT_EQ(search("q=" + query), "") << query;
        EXPECT_EQ(tickets.get("/api/tickets/suggest?q=" + query).body, "[]") << query;
    }
    EXPECT_EQ(search("q=zagreb"), "Lamp");
}

// On PostgreSQL a deadlock would run one of the transactions again.
TEST_F(SearchTickets, words_that_several_transactions_add_never_deadlock) {
    std::atomic<int> runs = 0;
    constexpr int rounds = 20, writers = 4;
    auto listing = [&](const std::string& title, int number) {
        NewTicket ticket;
        ticket.title.value = title;
        ticket.price = Money{1000, Currency{}};
        return store::NewListing{TicketId{title + std::to_string(number)}, UserId{"seller"}, ticket};
    };
    for (int round = 0; round < rounds; ++round) {
        auto write = [&](int writer) {
            std::vector<store::NewListing> listings;
            for (std::string word : {"anemone", "begonia", "crocus", "dahlia"})
                listings.push_back(
                    listing(word + "round" + std::string(1, static_cast<char>('a' + round)), writer));
            if (writer % 2 == 1) std::ranges::reverse(listings);
            store::KnownWords known;
            tickets.write([&](sql::Tx& tx) {
                ++runs;
                (void)store::create(tx, known, listings);
            });
        };
        stagedoor::testing::all_at_once(writers, [](int) {}, write);
    }
    EXPECT_EQ(runs, rounds * writers);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM words"), 4 * rounds);
}

TEST_F(SearchTickets, removes_the_entries_of_past_events) {
    create_listing("Past", R"(,"startsAt":"2026-03-01T19:00:00Z")");
    create_listing("To come", R"(,"startsAt":"2026-12-01T19:00:00Z")");
    tickets.clock.advance(std::chrono::days{120});
    stagedoor::testing::eventually(
        [&] { return tickets.number("SELECT count(*) FROM search_entries") == 1; });
    EXPECT_EQ(search(""), "To come");
}

// Whether few listings are looked up and sorted, or all are searched in the order wanted.
TEST_F(SearchTickets, finds_the_same_by_every_index) {
    std::mt19937 random{7};
    auto any = [&](auto... choices) {
        std::array all{choices...};
        return all.at(random() % all.size());
    };
    for (int i = 0; i < 60; ++i) {
        auto title = std::string{any("red", "blue", "reddish")} + " " + any("door", "dance", "opera");
        create_listing(
            title,
            std::string{R"(,"currency":")"} + any("USD", "EUR") + R"(","category":")" +
                any("film", "concert") + R"(","quantity":2)" +
                any("", R"(,"startsAt":"2026-06-01T19:00:00Z")", R"(,"startsAt":"2026-06-02T19:00:00Z")"),
            any("anna", "ben"));
    }
    auto pages = [&](const store::Filter& filter, std::int64_t limit, std::int64_t max_candidates) {
        std::vector<std::string> ids;
        for (std::optional<http::Cursor> after;;) {
            store::SearchResult page;
            tickets.write([&](sql::Tx& tx) {
                page = store::search(tx, filter, after, limit, tickets.clock.now(), max_candidates);
            });
            for (const auto& ticket : page.tickets) ids.push_back(ticket.id.text);
            if (!page.last) return ids;
            after = page.last;
        }
    };
    std::size_t found = 0;
    for (int i = 0; i < 300; ++i) {
        store::Filter filter;
        if (any(true, false))
            filter.words = any("red", "blue dance", "d", "opera reddish", "nothing", "operas", "danze");
        if (any(true, false)) filter.category = any(Category::film, Category::concert);
        if (any(true, false)) filter.currency = any(*Currency::parse("USD"), *Currency::parse("CHF"));
        if (filter.currency && any(true, false)) filter.max_price = Money{1000, *filter.currency};
        if (any(true, false)) filter.from = Instant::parse("2026-06-01T20:00:00Z");
        if (any(true, false)) filter.seller = UserId{any("anna", "ben")};
        filter.sort = any(store::SortOrder::date, store::SortOrder::price, store::SortOrder::price_descending,
                          store::SortOrder::newest, store::SortOrder::relevance);
        auto all = pages(filter, 100, 0);
        found += all.size();
        for (auto max_candidates : {0, 10, 1000}) {
            EXPECT_EQ(pages(filter, 3, max_candidates), all) << i;
            auto summary = tickets.read([&](sql::Tx& tx) {
                return store::summarize(tx, filter, tickets.clock.now(), max_candidates);
            });
            if (!summary.more) EXPECT_EQ(summary.count, std::ssize(all)) << i;
            EXPECT_LE(summary.count, std::ssize(all)) << i;
            EXPECT_LE(summary.more, max_candidates < 1000) << i;
        }
    }
    EXPECT_GT(found, 300);
}

TEST_F(SearchTickets, filters_and_sorts_by_category_price_currency_and_seller) {
    create_listing("Cheap", R"(,"category":"film")", "anna");
    tickets.clock.advance(std::chrono::milliseconds{1});
    tickets.as("ben")
        .post("/api/tickets", R"({"title":"Dear","price":100,"category":"concert"})")
        .expect(201);
    tickets.clock.advance(std::chrono::milliseconds{1});
    tickets.as("ben")
        .post("/api/tickets", R"({"title":"Yen","price":5000,"currency":"JPY","category":"film"})")
        .expect(201);
    EXPECT_EQ(search("category=film"), "Cheap, Yen");
    EXPECT_EQ(search("currency=USD&minPrice=10.01&maxPrice=100"), "Dear");
    EXPECT_EQ(search("currency=USD&minPrice=10&maxPrice=10"), "Cheap");
    EXPECT_EQ(search("currency=USD&maxPrice=10."), "Cheap");
    EXPECT_EQ(search("currency=JPY&minPrice=5000"), "Yen");
    EXPECT_EQ(search("currency=USD&seller=ben&sort=price"), "Dear");
    EXPECT_EQ(search("currency=USD&sort=-price"), "Dear, Cheap");
    EXPECT_EQ(search("sort=new"), "Yen, Dear, Cheap");
}

TEST_F(SearchTickets, groups_prices_by_currency) {
    auto list = [&](const std::string& title, const std::string& price, const std::string& currency) {
        tickets.clock.advance(std::chrono::milliseconds{1});
        tickets.as("ben")
            .post("/api/tickets",
                  R"({"title":")" + title + R"(","price":)" + price + R"(,"currency":")" + currency + "\"}")
            .expect(201);
    };
    list("usd30", "30", "USD");
    list("jpy3000", "3000", "JPY");
    list("usd10", "10", "USD");
    list("eur20", "20", "EUR");
    list("jpy1000", "1000", "JPY");
    EXPECT_EQ(search("sort=price"), "eur20, jpy1000, jpy3000, usd10, usd30");
    EXPECT_EQ(search("sort=-price"), "eur20, jpy3000, jpy1000, usd30, usd10");
    for (std::string sort : {"price", "-price"})
        EXPECT_EQ(all_pages("limit=1&sort=" + sort), search("sort=" + sort));
}

TEST_F(SearchTickets, filters_prices_in_one_currency_only) {
    for (std::string query :
         {"minPrice=20", "maxPrice=20", "minPrice=1&maxPrice=20", "minPrice=0", "maxPrice=.5"})
        tickets.get("/api/tickets?" + query).expect(400).expect_field("currency");
    tickets.get("/api/tickets?minPrice=15.000&currency=ISK").expect(400).expect_field("minPrice");
    tickets.get("/api/tickets?minPrice=20&currency=XXX").expect(400).expect_field("currency");
    tickets.get("/api/tickets?minPrice=&currency=").expect(200);
}

TEST_F(SearchTickets, filters_by_the_date_where_the_event_takes_place) {
    create_listing("New York", R"(,"startsAt":"2027-06-02T01:00:00Z","timeZone":"America/New_York")");
    create_listing("Tokyo", R"(,"startsAt":"2027-05-31T23:30:00Z","timeZone":"Asia/Tokyo")");
    create_listing("Vienna", R"(,"startsAt":"2027-05-31T22:30:00Z","timeZone":"Europe/Vienna")");
    create_listing("Kiritimati", R"(,"startsAt":"2027-05-31T10:00:00Z","timeZone":"Pacific/Kiritimati")");
    create_listing("Baker", R"(,"startsAt":"2027-06-02T11:59:59Z","timeZone":"Etc/GMT+12")");
    create_listing("Nowhere", R"(,"startsAt":"2027-06-01T12:00:00Z")");
    create_listing("Tokyo later", R"(,"startsAt":"2027-06-01T15:00:00Z","timeZone":"Asia/Tokyo")");
    create_listing("Vienna before", R"(,"startsAt":"2027-05-31T21:59:59Z","timeZone":"Europe/Vienna")");
    EXPECT_EQ(search("from=2027-06-01&to=2027-06-01"), "Kiritimati, Vienna, Tokyo, Nowhere, New York, Baker");
    EXPECT_EQ(search("from=2027-06-02"), "Tokyo later");
    EXPECT_EQ(search("to=2027-05-31"), "Vienna before");
    EXPECT_EQ(search("from=2027-06-02T01:00:00Z&to=2027-06-02T01:00:00Z"), "New York");
    auto id = create_listing("Moved", R"(,"startsAt":"2027-06-20T12:00:00Z","timeZone":"Asia/Tokyo")");
    tickets.as("seller")
        .put("/api/tickets/" + id,
             R"({"title":"Moved","price":1,"startsAt":"2027-06-25T15:00:00Z","timeZone":"Asia/Tokyo"})")
        .expect(200);
    EXPECT_EQ(search("from=2027-06-26&to=2027-06-26"), "Moved");
    EXPECT_EQ(search("from=2027-06-20&to=2027-06-25"), "");
}

TEST_F(SearchTickets, folds_letters_that_unicode_does_not_decompose) {
    create_listing("Łódź");
    create_listing("Tromsø");
    create_listing("Đorđe");
    create_listing("Æther");
    create_listing("Ørsted");
    create_listing("Œuvre");
    create_listing("Þór");
    create_listing("Işık");
    create_listing("Diyarbakır");
    EXPECT_EQ(search("q=lodz"), "Łódź");
    EXPECT_EQ(search("q=%C5%82%C3%B3d%C5%BA"), "Łódź");
    EXPECT_EQ(search("q=tromso"), "Tromsø");
    EXPECT_EQ(search("q=dorde"), "Đorđe");
    EXPECT_EQ(search("q=aether"), "Æther");
    EXPECT_EQ(search("q=%C3%A6ther"), "Æther");
    EXPECT_EQ(search("q=orsted"), "Ørsted");
    EXPECT_EQ(search("q=oeuvre"), "Œuvre");
    EXPECT_EQ(search("q=thor"), "Þór");
    EXPECT_EQ(search("q=%C4%B1%C5%9F%C4%B1k"), "Işık") << "ışık";
    EXPECT_EQ(search("q=D%C4%B0YARBAKIR"), "Diyarbakır") << "DİYARBAKIR";
}

TEST_F(SearchTickets, indexes_listings_again_that_an_earlier_version_wrote) {
    for (int i = 0; i < 120; ++i)
        create_listing("Other " + std::to_string(i), "", "seller " + std::to_string(i / 50));
    create_listing("Łódź jazz", R"(,"startsAt":"2027-06-02T01:00:00Z","timeZone":"America/New_York")");
    auto withdrawn = create_listing("Tromsø");
    tickets.as("seller").delete_("/api/tickets/" + withdrawn).expect(204);
    tickets.write([](sql::Tx& tx) {  // as the migration leaves them
        tx.execute("UPDATE tickets SET local_day = NULL, search_version = 0");
        tx.execute("UPDATE search_entries SET local_day = NULL, words = ''");
    });
    EXPECT_EQ(search("q=lodz"), "");
    EXPECT_EQ(search("sort=new&limit=1"), "Łódź jazz") << "found without words";
    tickets.restart();
    stagedoor::testing::eventually([&] {
        return tickets.number(
                   "SELECT count(*) FROM tickets WHERE status = 'open' AND search_version <> version") == 0;
    });
    EXPECT_EQ(search("q=lodz"), "Łódź jazz");
    EXPECT_EQ(search("q=%C5%82odz+jazz"), "Łódź jazz");
    EXPECT_EQ(search("from=2027-06-01&to=2027-06-01"), "Łódź jazz");
}

TEST_F(SearchTickets, indexes_listings_that_an_earlier_version_writes_meanwhile) {
    auto id = create_listing("Old", R"(,"startsAt":"2027-06-02T01:00:00Z","timeZone":"America/New_York")");
    tickets.write([&](sql::Tx& tx) {  // an edit by a replica that doesn't know the columns
        tx.execute("UPDATE tickets SET title = 'Tromsø', local_day = 1, version = version + 1 WHERE id = $1",
                   id);
    });
    EXPECT_EQ(search("q=tromso"), "");
    tickets.clock.advance(std::chrono::minutes{1});
    stagedoor::testing::eventually(
        [&] { return search("q=tromso&from=2027-06-01&to=2027-06-01") == "Tromsø"; });
    EXPECT_EQ(search("q=old"), "");
}

TEST_F(SearchTickets, sorts_undated_listings_last_and_omits_past_events) {
    create_listing("Undated");
    create_listing("May", R"(,"startsAt":"2026-05-01T19:00:00Z")");
    create_listing("March", R"(,"startsAt":"2026-03-01T19:00:00Z")");
    EXPECT_EQ(search("sort=date"), "March, May, Undated");
    EXPECT_EQ(search("sort=new"), "March, May, Undated");
    EXPECT_EQ(search("from=2026-03-02"), "May");
    EXPECT_EQ(search("to=2026-03-01"), "March") << "includes the whole day";
    EXPECT_EQ(search("from=2026-03-01T19:00:00Z&to=2026-03-01T19:00:00Z"), "March");
    tickets.clock.advance(std::chrono::days{90});
    EXPECT_EQ(search(""), "May, Undated");
}

TEST_F(SearchTickets, neither_repeats_nor_misses_unchanged_listings_between_pages) {
    for (int i = 0; i < 25; ++i)
        create_listing("T" + std::to_string(i), i % 3 ? R"(,"startsAt":"2026-05-01T19:00:00Z")" : "");
    for (std::string sort : {"date", "price", "-price", "new"}) {
        std::multiset<std::string> seen;
        std::string target = "/api/tickets?limit=4&sort=" + sort;
        while (!target.empty()) {
            auto page = tickets.get(target).expect(200);
            const auto document = page.json();
            for (const auto& ticket : *document.array()) seen.insert(*ticket["id"].string());
            if (seen.size() == 8) create_listing("Newcomer to " + sort);  // between two pages
            std::string link{page.headers["Link"]};
            target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        }
        EXPECT_GE(std::set<std::string>(seen.begin(), seen.end()).size(), 25u) << sort;
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size()) << sort;
    }
}

TEST_F(SearchTickets, rejects_invalid_filters) {
    for (std::string query : {"category=circus", "from=soon", "to=2026-13-01", "minPrice=cheap",
                              "maxPrice=-1", "sort=size", "minPrice=9999999999999999", "maxPrice=1000000",
                              "limit=0", "limit=101", "after=nonsense", "currency=XXX"}) {
        tickets.get("/api/tickets?" + query).expect(400).expect_field(query.substr(0, query.find('=')));
    }
    tickets.get("/api/tickets?limit=1&limit=2").expect(400);
    tickets.get("/api/tickets?unknown=is-ignored").expect(200);
}

TEST_F(SearchTickets, rejects_the_cursor_of_another_query) {
    for (int i = 0; i < 3; ++i) create_listing("T");
    std::string link{tickets.get("/api/tickets?limit=1&sort=new").headers["Link"]};
    auto cursor = link.substr(link.find("after=") + 6);
    cursor = cursor.substr(0, cursor.find_first_of("&>"));
    tickets.get("/api/tickets?limit=2&sort=new&after=" + cursor).expect(200);
    tickets.get("/api/tickets?limit=1&sort=price&after=" + cursor).expect(400).expect_field("after");
    tickets.get("/api/tickets?limit=1&sort=new&q=t&after=" + cursor).expect(400).expect_field("after");
}

}  // namespace stagedoor::tickets
