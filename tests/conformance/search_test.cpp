// GET /api/tickets: tickets on sale by words and filters, in pages.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

std::string at_ms(std::int64_t milliseconds) { return Instant{milliseconds}.to_text(); }

// A few listings that share one search word.
struct Listings {
    std::string word = fresh_word();
    std::map<std::string, std::string> titles;  // by id

    std::string add(const std::string& title, const std::string& price, const std::string& more = "") {
        auto id = list_ticket(shared().seller(), {.title = title,
                                                  .price = price,
                                                  .quantity = 3,
                                                  .more = R"(,"description":")" + word + "\"" + more});
        titles[id] = title;
        return id;
    }
    [[nodiscard]] std::vector<std::string> found(const std::string& query) const {
        std::vector<std::string> all;
        for (auto& each :
             all_pages(shared().anonymous(), "/api/tickets?q=" + http::percent_encode(word) + query))
            all.push_back(titles.at(*each["id"].string()));
        return all;
    }
    // The titles that match the shared word and `words`.
    [[nodiscard]] std::vector<std::string> by_words(const std::string& words) const {
        return found(http::percent_encode(" " + words));
    }
};

using Titles = std::vector<std::string>;

TEST(Search, ignores_case_and_accents_and_matches_prefixes) {
    Listings listings;
    listings.add("Bartók: A kékszakállú herceg vára", "10");
    listings.add("Straße der Lieder", "20", R"(,"venue":"Große Bühne","city":"Köln")");
    for (auto words : {"Bartok", "bartók", "BARTÓK", "bart", "herceg kek", "vara bartok", "bartokk"})
        EXPECT_EQ(listings.by_words(words), Titles{"Bartók: A kékszakállú herceg vára"}) << words;
    for (auto words : {"strasse", "STRASSE", "strass", "koln", "buhne grosse", "Köln lieder"})
        EXPECT_EQ(listings.by_words(words), Titles{"Straße der Lieder"}) << words;
    for (auto words : {"rtok", "bartok lieder", "bartokkk", "%", "_"})
        EXPECT_EQ(listings.by_words(words),
                  (words == std::string{"%"} || words == std::string{"_"} ? listings.by_words("") : Titles{}))
            << words;
    EXPECT_EQ(
        shared().anonymous().get("/api/tickets?q=" + http::percent_encode("*%_'\"")).expect(200).count(), 0u);
}

TEST(Search, folds_letters_that_unicode_does_not_decompose) {
    Listings listings;
    listings.add("Łódź, Diyarbakır", "10");
    for (auto words : {"lodz", "łódź", "DİYARBAKIR", "diyarbakir"})
        EXPECT_EQ(listings.by_words(words), Titles{"Łódź, Diyarbakır"}) << words;
}

TEST(Search, compares_dates_where_the_event_takes_place) {
    Listings listings;
    listings.add("New York", "10", R"(,"startsAt":"2099-06-02T01:00:00Z","timeZone":"America/New_York")");
    listings.add("Tokyo", "10", R"(,"startsAt":"2099-05-31T23:30:00Z","timeZone":"Asia/Tokyo")");
    EXPECT_EQ(listings.found("&from=2099-06-01&to=2099-06-01"), (Titles{"Tokyo", "New York"}));
    EXPECT_EQ(listings.found("&from=2099-06-02"), Titles{});
}

TEST(Search, filters) {
    Listings listings;
    std::int64_t soon = now_ms() + 86'400'000, late = soon + 30 * std::int64_t{86'400'000};
    listings.add("soon", "10", R"(,"category":"concert","startsAt":")" + at_ms(soon) + "\"");
    listings.add("late", "20.50",
                 R"(,"category":"sport","currency":"EUR","startsAt":")" + at_ms(late) + "\"");
    listings.add("undated", "30", R"(,"category":"concert")");
    EXPECT_EQ(listings.found("&category=concert"), (Titles{"soon", "undated"}));
    EXPECT_EQ(listings.found("&currency=EUR"), Titles{"late"});
    EXPECT_EQ(listings.found("&currency=EUR&minPrice=20.50"), Titles{"late"});
    EXPECT_EQ(listings.found("&currency=EUR&minPrice=20.51"), Titles{});
    EXPECT_EQ(listings.found("&currency=USD&maxPrice=20"), Titles{"soon"});
    EXPECT_EQ(listings.found("&sort=price"), (Titles{"late", "soon", "undated"})) << "EUR, then USD";
    EXPECT_EQ(listings.found("&from=" + at_ms(soon)), (Titles{"soon", "late"}));
    EXPECT_EQ(listings.found("&from=" + at_ms(soon + 1)), Titles{"late"});
    EXPECT_EQ(listings.found("&to=" + at_ms(late - 1)), Titles{"soon"});
    EXPECT_EQ(listings.found("&from=" + at_ms(late).substr(0, 10) + "&to=" + at_ms(late).substr(0, 10)),
              Titles{"late"});
    EXPECT_EQ(listings.found("&seller=" + shared().ada.id).size(), 3u);
    EXPECT_EQ(listings.found("&seller=" + shared().ben.id), Titles{});
    EXPECT_EQ(listings.found("&category=concert&currency=USD&maxPrice=10"), Titles{"soon"});
    EXPECT_EQ(listings.found("&category=&minPrice=").size(), 3u);  // an empty form field
    auto wrong = [](const std::string& query, std::vector<std::string> fields) {
        shared().anonymous().get("/api/tickets?" + query).expect(400).expect_fields(std::move(fields));
    };
    wrong("category=opera&minPrice=cheap&sort=random&limit=0&from=someday",
          {"category", "minPrice", "sort", "limit", "from"});
    wrong("currency=XXX", {"currency"});
    wrong("maxPrice=20", {"currency"});
    wrong("limit=101", {"limit"});
    wrong("limit=1.5", {"limit"});
    wrong("after=nonsense", {"after"});
    shared().anonymous().get("/api/tickets?unknown=1").expect(200);
}

TEST(Search, sorts) {
    Listings listings;
    auto soon = now_ms() + 86'400'000;
    listings.add("b", "20", R"(,"startsAt":")" + at_ms(soon + 1000) + "\"");
    listings.add("a", "30", R"(,"startsAt":")" + at_ms(soon) + "\"");
    for (auto then = now_ms(); now_ms() == then;)
        std::this_thread::yield();  // so that "c" is newer by at least 1 ms
    listings.add("c", "10");
    EXPECT_EQ(listings.found(""), (Titles{"a", "b", "c"}));
    EXPECT_EQ(listings.found("&sort=date"), (Titles{"a", "b", "c"}));
    EXPECT_EQ(listings.found("&sort=price"), (Titles{"c", "b", "a"}));
    EXPECT_EQ(listings.found("&sort=-price"), (Titles{"a", "b", "c"}));
    EXPECT_EQ(listings.found("&sort=new").size(), 3u);
    EXPECT_EQ(listings.found("&sort=new").front(), "c");
}

TEST(Search, pages_to_the_end_without_repeats_while_listings_come_and_go) {
    Listings listings;
    std::vector<std::string> ids;
    for (int i = 0; i < 23; ++i) ids.push_back(listings.add("n" + std::to_string(i), i % 2 ? "10" : "20"));
    for (auto sort : {"date", "price", "-price", "new"}) {
        for (auto limit : {"1", "4", "23", "24"}) {
            auto found = listings.found("&sort=" + std::string{sort} + "&limit=" + limit);
            EXPECT_EQ(found.size(), 23u) << sort << " " << limit;
            EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 23u) << sort << " " << limit;
        }
    }
    // Between two pages a listing already seen is withdrawn and new ones are added: no other is repeated or
    // missed.
    auto query = "/api/tickets?sort=price&limit=10&q=" + listings.word;
    auto first = shared().anonymous().get(query).expect(200);
    ASSERT_EQ(first.count(), 10u);
    shared().seller().delete_("/api/tickets/" + first.at("[0].id")).expect(204);
    for (int i = 0; i < 3; ++i) listings.add("cheap", "1");
    std::string next{first.header("Link")};
    EXPECT_TRUE(next.starts_with("<")) << next;
    next = next.substr(1, next.find('>') - 1);
    if (next.find("/api/") != 0) next.erase(0, next.find("/api/"));
    std::set<std::string> seen;
    for (int i = 0; i < 10; ++i) seen.insert(first.at("[" + std::to_string(i) + "].id"));
    for (auto& each : all_pages(shared().anonymous(), next))
        EXPECT_TRUE(seen.insert(*each["id"].string()).second);
    EXPECT_EQ(seen.size(), 23u);

    // A cursor is valid for its own query only.
    auto cursor = next.substr(next.find("after="));
    cursor = cursor.substr(0, cursor.find('&'));
    shared()
        .anonymous()
        .get("/api/tickets?sort=date&limit=10&q=" + listings.word + "&" + cursor)
        .expect(400)
        .expect_fields({"after"});
    shared()
        .anonymous()
        .get("/api/tickets?sort=price&limit=10&" + cursor)
        .expect(400)
        .expect_fields({"after"});
}

TEST(Search, returns_pages_of_50_by_default) {
    Listings listings;
    parallel_for(51, 4, [&](int i) {
        (void)list_ticket(shared().seller(), {.title = listings.word + " " + std::to_string(i)});
    });
    auto reply = shared().anonymous().get("/api/tickets?q=" + listings.word).expect(200);
    EXPECT_EQ(reply.count(), 50u);
    EXPECT_NE(reply.header("Link").find(R"(rel="next")"), std::string_view::npos);
    EXPECT_EQ(
        shared().anonymous().get("/api/tickets?limit=100&q=" + listings.word).expect(200).header("Link"), "");
}

TEST(Search, omits_tickets_that_cannot_be_bought) {
    Listings listings;
    auto gone = listings.add("withdrawn", "10"), sold = listings.add("sold out", "10");
    auto starts_at = now_ms() + 1500;
    auto started = listings.add("started", "10", R"(,"startsAt":")" + at_ms(starts_at) + "\"");
    listings.add("here", "10");
    EXPECT_EQ(listings.found("").size(), 4u);
    shared().seller().delete_("/api/tickets/" + gone).expect(204);
    auto held = order(shared().buyer(), {{sold, 3}}).expect(201);
    EXPECT_TRUE(becomes_true([&] { return listings.found("") == Titles{"here"}; }, 4s));
    EXPECT_GE(now_ms(), starts_at);
    order(shared().buyer(), {{started}}).expect(409, "started");
    shared().anonymous().get("/api/tickets/" + started).expect(200);
    shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
    EXPECT_TRUE(becomes_true([&] { return listings.found("").size() == 2; }, 1s));
}

}  // namespace
}  // namespace stagedoor::testing
