// Pages of visitors without a session, through whatever caches them on the way.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

Client visitor() { return shared().anonymous().with("Accept", "text/html"); }

// What the directive of Cache-Control allows, in seconds; 0 without it.
int seconds(const Response& response, std::string_view directive) {
    auto value = response.header("Cache-Control");
    auto at = value.find(directive);
    return at == std::string_view::npos ? 0 : std::stoi(std::string{value.substr(at + directive.size())});
}

struct PublicPages : ::testing::Test {
    // Its seller has sold nothing: the page says how many, and a sale of another test may yet be counted.
    std::string listing =
        "/tickets/" + list_ticket(sign_up(shared().url).at(shared().url), {.title = fresh_word()});
};

TEST_F(PublicPages, may_be_kept_for_a_second_by_all_but_browsers) {
    for (const auto& target : {std::string{"/"}, listing}) {
        auto page = visitor().get(target).expect(200);
        EXPECT_LE(seconds(page, "s-maxage=") + seconds(page, "stale-while-revalidate="), 1);
        EXPECT_EQ(seconds(page, ", max-age="), 0);
        EXPECT_EQ(seconds(page, "stale-if-error="), 0);
        EXPECT_NE(page.header("Vary").find("Cookie"), std::string_view::npos);
    }
    for (const auto& target :
         {listing + "?done=saved", std::string{"/basket"}, std::string{"/auth/signin"}}) {
        auto page = visitor().get(target).expect(200);
        EXPECT_NE(page.header("Cache-Control").find("private"), std::string_view::npos) << target;
    }
    auto own = shared().buyer().with("Accept", "text/html").get(listing).expect(200);
    EXPECT_NE(own.header("Cache-Control").find("private"), std::string_view::npos);
    EXPECT_EQ(visitor().get("/tickets/nonsense").expect(404).header("Cache-Control"), "no-store");
}

TEST_F(PublicPages, are_revalidated_by_their_tag) {
    auto page = visitor().get(listing).expect(200);
    auto tag = std::string{page.header("ETag")};
    EXPECT_EQ(visitor().with("If-None-Match", tag).get(listing).status, 304);
    EXPECT_EQ(visitor().with("If-None-Match", "\"other\"").get(listing).expect(200).body, page.body);
    EXPECT_EQ(visitor().with("If-Match", "\"other\"").get(listing).status, 412);
    auto head = visitor().head(listing);
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.body.empty());
    EXPECT_EQ(head.header("ETag"), tag);
    auto own = shared().buyer().with("Accept", "text/html").with("If-None-Match", tag).get(listing);
    EXPECT_EQ(own.status, 200) << "after signing in it is another page";
}

TEST_F(PublicPages, are_compressed_for_those_who_accept_it) {
    auto plain = visitor().with("Accept-Encoding", "identity").get(listing).expect(200);
    auto gzip = visitor().with("Accept-Encoding", "gzip, deflate, br").get(listing).expect(200);
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_EQ(gzip.header("Content-Encoding"), "gzip");
    EXPECT_LT(gzip.body.size(), plain.body.size());
    EXPECT_EQ(visitor().with("Accept-Encoding", "gzip;q=0").get(listing).expect(200).body, plain.body);
}

TEST_F(PublicPages, have_the_id_of_their_own_request) {
    std::set<std::string> ids;
    for (int i = 0; i < 3; ++i) ids.emplace(visitor().get(listing).expect(200).header("X-Request-Id"));
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_FALSE(ids.contains(""));
    auto given = visitor().with("X-Request-Id", "visit-7").get(listing).expect(200);
    EXPECT_EQ(given.header("X-Request-Id"), "visit-7");
    EXPECT_EQ(given.headers.joined("X-Request-Id"), "visit-7") << "once";
}

TEST_F(PublicPages, are_the_same_from_every_replica) {
    std::set<std::string> pages;
    auto not_cached = listing + "?done=saved";
    for (int i = 0; i < 8; ++i) pages.insert(visitor().get(not_cached).expect(200).body);
    EXPECT_EQ(pages.size(), 1U) << *pages.begin() << *pages.rbegin();
}

TEST_F(PublicPages, are_the_same_whatever_cookies_of_others_come_with_them) {
    auto page = visitor().get(listing).expect(200);
    EXPECT_EQ(visitor().with("Cookie", "theme=dark").get(listing).expect(200).body, page.body);
    auto basket = "basket=" + listing.substr(listing.rfind('/') + 1) + ":1";
    EXPECT_NE(visitor().with("Cookie", basket).get(listing).expect(200).body, page.body);
    EXPECT_EQ(visitor().with("Cookie", "session=nonsense").get(listing).expect(200).body, page.body);
    EXPECT_EQ(visitor().get(listing).expect(200).body, page.body);
}

}  // namespace
}  // namespace stagedoor::testing
