// GET /api/tickets: what can be bought, found by words and filters, page by page.
#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

std::string at_ms(std::int64_t milliseconds) { return Instant{milliseconds}.to_text(); }

// A few listings that one word finds all of.
struct Repertoire {
    std::string word = fresh_word();
    std::map<std::string, std::string> titles;  // by id

    std::string add(const std::string& title, const std::string& price, const std::string& more = "") {
        auto id = list_ticket(stage().seller(), {.title = title,
                                                 .price = price,
                                                 .quantity = 3,
                                                 .more = R"(,"description":")" + word + "\"" + more});
        titles[id] = title;
        return id;
    }
    [[nodiscard]] std::vector<std::string> found(const std::string& query) const {
        std::vector<std::string> all;
        for (auto& each : every_page(stage().nobody(), "/api/tickets?q=" + percent_encoded(word) + query))
            all.push_back(titles.at(*each["id"].string()));
        return all;
    }
    // What `q` finds of it, with its own word beside.
    [[nodiscard]] std::vector<std::string> by_words(const std::string& words) const {
        return found(percent_encoded(" " + words));
    }
};

using Titles = std::vector<std::string>;

TEST(Search, is_folded_for_case_and_accents_and_takes_beginnings_of_words) {
    Repertoire repertoire;
    repertoire.add("Bartók: A kékszakállú herceg vára", "10");
    repertoire.add("Straße der Lieder", "20", R"(,"venue":"Große Bühne","city":"Köln")");
    for (auto words : {"Bartok", "bartók", "BARTÓK", "bart", "herceg kek", "vara bartok"})
        EXPECT_EQ(repertoire.by_words(words), Titles{"Bartók: A kékszakállú herceg vára"}) << words;
    for (auto words : {"strasse", "STRASSE", "strass", "koln", "buhne grosse", "Köln lieder"})
        EXPECT_EQ(repertoire.by_words(words), Titles{"Straße der Lieder"}) << words;
    for (auto words : {"artok", "bartok lieder", "bartokk", "%", "_"})
        EXPECT_EQ(
            repertoire.by_words(words),
            (words == std::string{"%"} || words == std::string{"_"} ? repertoire.by_words("") : Titles{}))
            << words;
    EXPECT_EQ(stage().nobody().get("/api/tickets?q=" + percent_encoded("*%_'\"")).expect(200).count(), 0u);
}

TEST(Search, filters) {
    Repertoire repertoire;
    std::int64_t soon = now_ms() + 86'400'000, late = soon + 30 * std::int64_t{86'400'000};
    repertoire.add("soon", "10", R"(,"category":"concert","startsAt":")" + at_ms(soon) + "\"");
    repertoire.add("late", "20.50",
                   R"(,"category":"sport","currency":"EUR","startsAt":")" + at_ms(late) + "\"");
    repertoire.add("undated", "30", R"(,"category":"concert")");
    EXPECT_EQ(repertoire.found("&category=concert"), (Titles{"soon", "undated"}));
    EXPECT_EQ(repertoire.found("&currency=EUR"), Titles{"late"});
    EXPECT_EQ(repertoire.found("&minPrice=20.50"), (Titles{"late", "undated"}));
    EXPECT_EQ(repertoire.found("&minPrice=20.51"), Titles{"undated"});
    EXPECT_EQ(repertoire.found("&maxPrice=20"), Titles{"soon"});
    EXPECT_EQ(repertoire.found("&from=" + at_ms(soon)), (Titles{"soon", "late"}));
    EXPECT_EQ(repertoire.found("&from=" + at_ms(soon + 1)), Titles{"late"});
    EXPECT_EQ(repertoire.found("&to=" + at_ms(late - 1)), Titles{"soon"});
    EXPECT_EQ(repertoire.found("&from=" + at_ms(late).substr(0, 10) + "&to=" + at_ms(late).substr(0, 10)),
              Titles{"late"});
    EXPECT_EQ(repertoire.found("&seller=" + stage().ada.id).size(), 3u);
    EXPECT_EQ(repertoire.found("&seller=" + stage().ben.id), Titles{});
    EXPECT_EQ(repertoire.found("&category=concert&maxPrice=10"), Titles{"soon"});
    EXPECT_EQ(repertoire.found("&category=&minPrice=").size(), 3u);  // an empty form field
    auto wrong = [](const std::string& query, std::vector<std::string> fields) {
        stage().nobody().get("/api/tickets?" + query).expect(400).expect_fields(std::move(fields));
    };
    wrong("category=opera&minPrice=cheap&sort=random&limit=0&from=someday",
          {"category", "minPrice", "sort", "limit", "from"});
    wrong("currency=XXX", {"currency"});
    wrong("limit=101", {"limit"});
    wrong("limit=1.5", {"limit"});
    wrong("after=nonsense", {"after"});
    stage().nobody().get("/api/tickets?unknown=1").expect(200);
}

TEST(Search, sorts) {
    Repertoire repertoire;
    auto soon = now_ms() + 86'400'000;
    repertoire.add("b", "20", R"(,"startsAt":")" + at_ms(soon + 1000) + "\"");
    repertoire.add("a", "30", R"(,"startsAt":")" + at_ms(soon) + "\"");
    for (auto then = now_ms(); now_ms() == then;) std::this_thread::yield();  // newer by a millisecond
    repertoire.add("c", "10");
    EXPECT_EQ(repertoire.found(""), (Titles{"a", "b", "c"}));
    EXPECT_EQ(repertoire.found("&sort=date"), (Titles{"a", "b", "c"}));
    EXPECT_EQ(repertoire.found("&sort=price"), (Titles{"c", "b", "a"}));
    EXPECT_EQ(repertoire.found("&sort=-price"), (Titles{"a", "b", "c"}));
    EXPECT_EQ(repertoire.found("&sort=new").size(), 3u);
    EXPECT_EQ(repertoire.found("&sort=new").front(), "c");
}

TEST(Search, pages_to_the_end_without_repeats_while_listings_come_and_go) {
    Repertoire repertoire;
    std::vector<std::string> ids;
    for (int i = 0; i < 23; ++i) ids.push_back(repertoire.add("n" + std::to_string(i), i % 2 ? "10" : "20"));
    for (auto sort : {"date", "price", "-price", "new"}) {
        for (auto limit : {"1", "4", "23", "24"}) {
            auto found = repertoire.found("&sort=" + std::string{sort} + "&limit=" + limit);
            EXPECT_EQ(found.size(), 23u) << sort << " " << limit;
            EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 23u) << sort << " " << limit;
        }
    }
    // Between two pages one that was seen is withdrawn and new ones are added: the others are neither
    // repeated nor missed.
    auto query = "/api/tickets?sort=price&limit=10&q=" + repertoire.word;
    auto first = stage().nobody().get(query).expect(200);
    ASSERT_EQ(first.count(), 10u);
    stage().seller().delete_("/api/tickets/" + first.at("[0].id")).expect(204);
    for (int i = 0; i < 3; ++i) repertoire.add("cheap", "1");
    std::string next{first.header("Link")};
    EXPECT_TRUE(next.starts_with("<")) << next;
    next = next.substr(1, next.find('>') - 1);
    if (next.find("/api/") != 0) next.erase(0, next.find("/api/"));
    std::set<std::string> seen;
    for (int i = 0; i < 10; ++i) seen.insert(first.at("[" + std::to_string(i) + "].id"));
    for (auto& each : every_page(stage().nobody(), next))
        EXPECT_TRUE(seen.insert(*each["id"].string()).second);
    EXPECT_EQ(seen.size(), 23u);

    // A cursor belongs to its query.
    auto cursor = next.substr(next.find("after="));
    cursor = cursor.substr(0, cursor.find('&'));
    stage()
        .nobody()
        .get("/api/tickets?sort=date&limit=10&q=" + repertoire.word + "&" + cursor)
        .expect(400)
        .expect_fields({"after"});
    stage().nobody().get("/api/tickets?sort=price&limit=10&" + cursor).expect(400).expect_fields({"after"});
}

TEST(Search, is_a_plain_list_of_50_by_default) {
    Repertoire repertoire;
    share_out(51, 4, [&](int i) {
        (void)list_ticket(stage().seller(), {.title = repertoire.word + " " + std::to_string(i)});
    });
    auto reply = stage().nobody().get("/api/tickets?q=" + repertoire.word).expect(200);
    EXPECT_EQ(reply.count(), 50u);
    EXPECT_NE(reply.header("Link").find(R"(rel="next")"), std::string_view::npos);
    EXPECT_EQ(stage().nobody().get("/api/tickets?limit=100&q=" + repertoire.word).expect(200).header("Link"),
              "");
}

TEST(Search, leaves_out_what_cant_be_bought) {
    Repertoire repertoire;
    auto gone = repertoire.add("withdrawn", "10"), sold = repertoire.add("sold out", "10");
    auto begins = now_ms() + 1500;
    auto begun = repertoire.add("begun", "10", R"(,"startsAt":")" + at_ms(begins) + "\"");
    repertoire.add("here", "10");
    EXPECT_EQ(repertoire.found("").size(), 4u);
    stage().seller().delete_("/api/tickets/" + gone).expect(204);
    auto held = order(stage().buyer(), {{sold, 3}}).expect(201);
    EXPECT_TRUE(comes_true([&] { return repertoire.found("") == Titles{"here"}; }, 4s));
    EXPECT_GE(now_ms(), begins);
    order(stage().buyer(), {{begun}}).expect(409, "begun");
    stage().nobody().get("/api/tickets/" + begun).expect(200);
    stage().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
    EXPECT_TRUE(comes_true([&] { return repertoire.found("").size() == 2; }, 1s));
}

}  // namespace
}  // namespace stagedoor::testing
