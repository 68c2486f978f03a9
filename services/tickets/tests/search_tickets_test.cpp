#include "services/tickets/tests/samples.hpp"

namespace stagedoor::tickets {

struct SearchTickets : Test {};

TEST_F(SearchTickets, finds_all_words_folded_and_by_their_beginnings) {
    listed("Bartók Quartets", R"(,"venue":"Grosser Saal","city":"Zürich","description":"Mit Mira Haas")");
    listed("Boxing Day Derby", R"(,"city":"Ashford")");
    EXPECT_EQ(found("q=bartok"), "Bartók Quartets");
    EXPECT_EQ(found("q=BARTÓK"), "Bartók Quartets");
    EXPECT_EQ(found("q=zurich%20quart"), "Bartók Quartets");
    EXPECT_EQ(found("q=mira+saal"), "Bartók Quartets");
    EXPECT_EQ(found("q=mira+derby"), "");
    EXPECT_EQ(found("q=erby"), "") << "beginnings only";
    EXPECT_EQ(found("q=b"), "Bartók Quartets, Boxing Day Derby");
    EXPECT_EQ(found("q=%25_"), "") << "no pattern language";
    EXPECT_EQ(found("q="), "Bartók Quartets, Boxing Day Derby");
}

TEST_F(SearchTickets, finds_rare_words_among_common_ones) {
    tickets.write([](sql::Tx& tx) {  // 1100 listings that share a word
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
    listed("A common needle");
    EXPECT_EQ(found("q=common+needle"), "A common needle");
    EXPECT_EQ(found("q=common+nothing"), "");
    EXPECT_EQ(found("q=comm&limit=2"), "A common needle, Common thing");
}

TEST_F(SearchTickets, filters_by_category_price_currency_and_seller) {
    listed("Cheap", R"(,"category":"film")", "anna");
    tickets.clock.advance(std::chrono::milliseconds{1});
    tickets.as("ben")
        .post("/api/tickets", R"({"title":"Dear","price":100,"category":"concert"})")
        .expect(201);
    tickets.clock.advance(std::chrono::milliseconds{1});
    tickets.as("ben")
        .post("/api/tickets", R"({"title":"Yen","price":5000,"currency":"JPY","category":"film"})")
        .expect(201);
    EXPECT_EQ(found("category=film"), "Cheap, Yen");
    EXPECT_EQ(found("minPrice=10.01&maxPrice=100"), "Dear");
    EXPECT_EQ(found("minPrice=10&maxPrice=10"), "Cheap");
    EXPECT_EQ(found("currency=JPY&minPrice=5000"), "Yen");
    EXPECT_EQ(found("seller=ben&sort=price"), "Dear, Yen");
    EXPECT_EQ(found("sort=-price"), "Yen, Dear, Cheap");
    EXPECT_EQ(found("sort=new"), "Yen, Dear, Cheap");
}

TEST_F(SearchTickets, sorts_by_date_with_undated_ones_last_and_leaves_out_the_past) {
    listed("Undated");
    listed("May", R"(,"startsAt":"2026-05-01T19:00:00Z")");
    listed("March", R"(,"startsAt":"2026-03-01T19:00:00Z")");
    EXPECT_EQ(found("sort=date"), "March, May, Undated");
    EXPECT_EQ(found("sort=new"), "March, May, Undated");
    EXPECT_EQ(found("from=2026-03-02"), "May");
    EXPECT_EQ(found("to=2026-03-01"), "March") << "a day is included to its end";
    EXPECT_EQ(found("from=2026-03-01T19:00:00Z&to=2026-03-01T19:00:00Z"), "March");
    tickets.clock.advance(std::chrono::days{90});
    EXPECT_EQ(found(""), "May, Undated");
}

TEST_F(SearchTickets, pages_never_repeat_nor_miss_what_did_not_change) {
    for (int i = 0; i < 25; ++i)
        listed("T" + std::to_string(i), i % 3 ? R"(,"startsAt":"2026-05-01T19:00:00Z")" : "");
    for (std::string sort : {"date", "price", "-price", "new"}) {
        std::multiset<std::string> seen;
        std::string target = "/api/tickets?limit=4&sort=" + sort;
        while (!target.empty()) {
            auto page = tickets.get(target).expect(200);
            const auto document = page.json();
            for (const auto& ticket : *document.array()) seen.insert(*ticket["id"].string());
            if (seen.size() == 8) listed("Newcomer to " + sort);  // between two pages
            std::string link{page.headers["Link"]};
            target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
        }
        EXPECT_GE(std::set<std::string>(seen.begin(), seen.end()).size(), 25u) << sort;
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size()) << sort;
    }
}

TEST_F(SearchTickets, refuses_filters_that_are_none) {
    for (std::string query : {"category=circus", "from=soon", "to=2026-13-01", "minPrice=cheap",
                              "maxPrice=-1", "sort=size", "minPrice=9999999999999999", "maxPrice=1000000",
                              "limit=0", "limit=101", "after=nonsense", "currency=XXX"}) {
        tickets.get("/api/tickets?" + query).expect(400).expect_field(query.substr(0, query.find('=')));
    }
    tickets.get("/api/tickets?limit=1&limit=2").expect(400);
    tickets.get("/api/tickets?unknown=is-ignored").expect(200);
}

TEST_F(SearchTickets, refuses_the_cursor_of_another_query) {
    for (int i = 0; i < 3; ++i) listed("T");
    std::string link{tickets.get("/api/tickets?limit=1&sort=new").headers["Link"]};
    auto cursor = link.substr(link.find("after=") + 6);
    cursor = cursor.substr(0, cursor.find_first_of("&>"));
    tickets.get("/api/tickets?limit=2&sort=new&after=" + cursor).expect(200);
    tickets.get("/api/tickets?limit=1&sort=price&after=" + cursor).expect(400).expect_field("after");
    tickets.get("/api/tickets?limit=1&sort=new&q=t&after=" + cursor).expect(400).expect_field("after");
}

}  // namespace stagedoor::tickets
