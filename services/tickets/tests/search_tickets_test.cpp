#include <random>

#include "services/tickets/store/search.hpp"
#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct SearchTickets : TicketsTest {};

TEST_F(SearchTickets, matches_all_words_by_folded_prefix) {
    create_listing("Bartók Quartets",
                   R"(,"venue":"Grosser Saal","city":"Zürich","description":"Mit Mira Haas")");
    create_listing("Boxing Day Derby", R"(,"city":"Ashford")");
    EXPECT_EQ(search("q=bartok"), "Bartók Quartets");
    EXPECT_EQ(search("q=BARTÓK"), "Bartók Quartets");
    EXPECT_EQ(search("q=zurich%20quart"), "Bartók Quartets");
    EXPECT_EQ(search("q=mira+saal"), "Bartók Quartets");
    EXPECT_EQ(search("q=mira+derby"), "");
    EXPECT_EQ(search("q=erby"), "") << "prefixes only";
    EXPECT_EQ(search("q=b"), "Bartók Quartets, Boxing Day Derby");
    EXPECT_EQ(search("q=%25_"), "") << "LIKE wildcards have no meaning";
    EXPECT_EQ(search("q="), "Bartók Quartets, Boxing Day Derby");
}

TEST_F(SearchTickets, ignores_what_cannot_be_seen_in_the_words) {
    create_listing("Bach in Berlin");
    EXPECT_EQ(search("q=%EF%BB%BFber%E2%80%8Blin%E2%80%AE"), "Bach in Berlin");
}

TEST_F(SearchTickets, finds_rare_words_among_common_ones) {
    tickets.write([](sql::Tx& tx) {  // 1100 listings with a common word
        for (int i = 0; i < 1100; ++i) {
            auto id = "many" + std::to_string(i);
            tx.execute(
                "INSERT INTO tickets(id, user_id, title, price_minor, currency, quantity, capacity, "
                "max_per_order,"
                " status, version, created_at, sort_date, sort_price) VALUES"
                " ($1, 'seller', 'Common thing', 100, 'USD', 1, 1, 1, 'open', 1, 0, 9000000000000000, 1000)",
                id);
            tx.execute("INSERT INTO ticket_words(ticket_id, word) VALUES ($1, 'common')", id);
        }
    });
    create_listing("A common needle");
    EXPECT_EQ(search("q=common+needle"), "A common needle");
    EXPECT_EQ(search("q=common+nothing"), "");
    EXPECT_EQ(search("q=comm&limit=2"), "A common needle, Common thing");
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
        if (any(true, false)) filter.words = any("red", "blue dance", "d", "opera reddish", "nothing");
        if (any(true, false)) filter.category = any(Category::film, Category::concert);
        if (any(true, false)) filter.currency = any(*Currency::parse("USD"), *Currency::parse("CHF"));
        if (filter.currency && any(true, false)) filter.max_price = Money{1000, *filter.currency};
        if (any(true, false)) filter.from = Instant::parse("2026-06-01T20:00:00Z");
        if (any(true, false)) filter.seller = UserId{any("anna", "ben")};
        filter.sort = any(store::SortOrder::date, store::SortOrder::price, store::SortOrder::price_descending,
                          store::SortOrder::newest);
        auto all = pages(filter, 100, 0);
        found += all.size();
        for (auto max_candidates : {0, 10, 1000}) EXPECT_EQ(pages(filter, 3, max_candidates), all) << i;
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
    for (std::string sort : {"price", "-price"}) {  // page by page
        std::string titles, target = "/api/tickets?limit=1&sort=" + sort;
        while (!target.empty()) {
            auto page = tickets.get(target).expect(200);
            const auto document = page.json();
            titles += (titles.empty() ? "" : ", ") + *document.array()->at(0)["title"].string();
            std::string link{page.headers["Link"]};
            target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        }
        EXPECT_EQ(titles, search("sort=" + sort));
    }
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
    tickets.write([](sql::Tx& tx) {  // as the first version stored them
        tx.execute("UPDATE tickets SET local_day = NULL, indexed_version = 0");
        tx.execute("UPDATE ticket_words SET word = $1 WHERE word = 'lodz'", "łodz");
    });
    EXPECT_EQ(search("q=lodz"), "");
    EXPECT_EQ(search("from=2027-06-01&to=2027-06-01"), "");
    tickets.restart();
    EXPECT_EQ(search("q=lodz"), "Łódź jazz");
    EXPECT_EQ(search("q=%C5%82odz+jazz"), "Łódź jazz");
    EXPECT_EQ(search("from=2027-06-01&to=2027-06-01"), "Łódź jazz");
    EXPECT_EQ(
        tickets.number("SELECT count(*) FROM tickets WHERE status = 'open' AND indexed_version <> version"),
        0);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM ticket_words WHERE word = $1", "łodz"), 0);
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
