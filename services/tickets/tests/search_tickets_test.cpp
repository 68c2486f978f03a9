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
    EXPECT_EQ(search("minPrice=10.01&maxPrice=100"), "Dear");
    EXPECT_EQ(search("minPrice=10&maxPrice=10"), "Cheap");
    EXPECT_EQ(search("currency=JPY&minPrice=5000"), "Yen");
    EXPECT_EQ(search("seller=ben&sort=price"), "Dear, Yen");
    EXPECT_EQ(search("sort=-price"), "Yen, Dear, Cheap");
    EXPECT_EQ(search("sort=new"), "Yen, Dear, Cheap");
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
