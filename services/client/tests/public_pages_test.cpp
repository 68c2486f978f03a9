// Pages of visitors without a session: shared by all of them, and by nobody else.
#include "services/client/page_cache.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

using namespace std::chrono_literals;

constexpr auto shared = "public, max-age=0, s-maxage=1, must-revalidate";
constexpr auto landing = "/api/tickets?limit=20";

struct PublicPages : Pages {
    void SetUp() override {
        services.respond("GET /api/tickets", 200, "[" + std::string{concert} + "]");
        services.respond("GET /api/tickets/concert", 200, concert);
    }
    bool is_shared(const testing::Response& response) const {
        return response.headers["Cache-Control"] == shared;
    }
    [[nodiscard]] std::ptrdiff_t rendered() const;
    testing::Response open_with(std::string_view header, std::string value, const std::string& target = "/") {
        return browser().with(header, std::move(value)).get(target).expect(200);
    }
};

// What is asked for the pages themselves, rather than for what surrounds the listings.
std::ptrdiff_t PublicPages::rendered() const {
    return std::ranges::count_if(services.requests, [](const http::Request& request) {
        return request.target.contains("limit=20") || request.path == "/api/tickets/concert";
    });
}

TEST_F(PublicPages, are_rendered_once_per_change) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(is_shared(open("/").expect(200, "Only 4 left")));
        EXPECT_TRUE(is_shared(open("/tickets/concert").expect(200, "Only 4 left")));
    }
    EXPECT_EQ(rendered(), 2);
    auto sold = std::string{concert};
    sold.replace(sold.find("\"available\":4"), 13, "\"available\":3");
    services.respond("GET /api/tickets", 200, "[" + sold + "]");
    open("/").expect(200, "Only 3 left");
    open("/").expect(200, "Only 3 left");
    EXPECT_EQ(rendered(), 3);
}

TEST_F(PublicPages, have_addresses_without_empty_parameters) {
    for (auto [target, clean] : {std::pair{"/?q=bach&category=&from=&to=&sort=", "/?q=bach"},
                                 {"/?q=&category=concert&sort=", "/categories/concert"},
                                 {"/?city=New+York&q=", "/cities/new-york"},
                                 {"/?q=", "/"},
                                 {"/?sort=&after=x", "/?after=x"}})
        EXPECT_EQ(open(target).expect(303).headers["Location"], clean) << target;
}

TEST_F(PublicPages, are_rendered_again_within_a_second) {
    open("/");
    test.clock.advance(PageCache::max_age);
    open("/");
    EXPECT_EQ(services.calls(landing), 2);
    EXPECT_LE(PageCache::max_age, 500ms) << "a gateway may keep them as long again";
}

TEST_F(PublicPages, are_not_for_signed_in_visitors) {
    EXPECT_TRUE(has(open("/"), "Sign in"));
    auto own = open_as("buyer", "/").expect(200, "My orders");
    EXPECT_FALSE(has(own, "Sign in"));
    EXPECT_FALSE(is_shared(own));
    EXPECT_TRUE(has(open_as("seller", "/tickets/concert"), "This is your listing"));
    EXPECT_TRUE(has(open("/tickets/concert"), "Hold now")) << "and theirs are not for others";
    auto cookie = "session=" + test.token(test.claims("buyer"));
    EXPECT_FALSE(is_shared(open_with("Cookie", cookie).expect(200, "My orders")));
    EXPECT_TRUE(is_shared(open("/").expect(200, "Sign in")));
    EXPECT_EQ(services.calls(landing), 3);
}

TEST_F(PublicPages, show_authors_their_changes_at_once) {
    auto seller = test.as("seller").with("Accept", "text/html");
    open("/tickets/concert");
    // Before the change is known here, as in another process.
    services.responses["GET /api/tickets/concert"].body.replace(
        services.responses["GET /api/tickets/concert"].body.find("Bach"), 4, "Mozart");
    seller.get("/tickets/concert").expect(200, "Mozart");
    open("/tickets/concert").expect(200, "Bach");
    services.listings->raise();
    open("/tickets/concert").expect(200, "Mozart");
}

TEST_F(PublicPages, are_not_for_visitors_whose_cookies_count) {
    for (const auto* cookie : {"session=", "session=nonsense", "basket=concert:2", "basket=", "drafts=0",
                               "theme=dark; basket=concert:1", "theme=dark; session=x"}) {
        EXPECT_FALSE(is_shared(open_with("Cookie", cookie))) << cookie;
    }
    EXPECT_TRUE(has(open_with("Cookie", "basket=concert:2"), "Basket</span> <span class=\"count\">2"));
    EXPECT_FALSE(is_shared(open_with("Authorization", "Bearer nonsense")));
    EXPECT_FALSE(is_shared(open_with("Authorization", "Basic bm9ib2R5")));
    auto page = open("/");
    EXPECT_TRUE(is_shared(page));
    EXPECT_FALSE(has(page, "class=\"count\"")) << "none of them has filled the cache";
}

TEST_F(PublicPages, are_for_visitors_whose_cookies_do_not_count) {
    for (const auto* cookie : {"theme=dark", "sessions=1", "__Host-session=x", "Session=x", "=;;"})
        EXPECT_TRUE(is_shared(open_with("Cookie", cookie))) << cookie;
    EXPECT_EQ(services.calls(landing), 1);
    EXPECT_EQ(services.requests.front().headers["Cookie"], "");
}

TEST_F(PublicPages, contain_nothing_of_the_request_that_they_were_rendered_for) {
    auto first = browser()
                     .with("Cookie", "theme=dark")
                     .with("User-Agent", "Secret Browser")
                     .with("Referer", "https://tickets.example/reset?token=secret")
                     .with("Host", "secret.example")
                     .with("X-Request-Id", "secret-id")
                     .get("/?utm_source=secret&email=secret%40example.com&sort=price")
                     .expect(200);
    EXPECT_TRUE(is_shared(first));
    EXPECT_FALSE(has(first, "secret")) << first.body;
    for (const auto& [name, value] : first.headers)
        EXPECT_EQ(value.find("secret"), std::string::npos) << name;
    EXPECT_TRUE(has(first, "/auth/signin?next=%2F%3Fsort%3Dprice"));
}

TEST_F(PublicPages, are_the_same_for_parameters_in_any_order_and_form) {
    for (const auto* target :
         {"/?q=bach&sort=price", "/?sort=price&q=bach", "/?x=1&q=bach&sort=price&y",
          "/?q=+bach%20&sort=price", "/?q=%62ach&sort=price&sort=new", "/?q=bach&&sort=price&"}) {
        EXPECT_TRUE(is_shared(open(target).expect(200, "Tickets for “bach”"))) << target;
    }
    EXPECT_EQ(rendered(), 1);
    for (const auto* target : {"/?q=bach", "/?q=Bach&sort=price", "/?q=bach&sort=price&after=x", "/"})
        open(target).expect(200);
    EXPECT_EQ(rendered(), 5) << "these are others";
    for (const auto* target : {"/tickets/concert", "/tickets/concert?sort=price", "/tickets/concert?"})
        EXPECT_TRUE(is_shared(open(target))) << target;
    EXPECT_EQ(rendered(), 6);
}

TEST_F(PublicPages, are_not_kept_with_a_notice_or_a_draft) {
    for (const auto* target : {"/tickets/concert?done=saved", "/?done=x", "/?draft=x",
                               "/tickets/concert?draft=", "/?q=bach&draft=00000000000000000000000000000000"})
        EXPECT_FALSE(is_shared(open(target).expect(200))) << target;
    open("/tickets/concert?done=saved").expect(200, "Saved.");
    EXPECT_FALSE(has(open("/tickets/concert"), "Saved."));
}

TEST_F(PublicPages, are_never_errors_or_redirects) {
    services.responses.clear();
    for (int i = 1; i <= 2; ++i) {
        EXPECT_EQ(open("/tickets/nowhere").expect(404).headers["Cache-Control"], "no-store");
        EXPECT_EQ(services.calls("/api/tickets/nowhere"), i);
    }
    services.respond("GET /api/tickets", 400, R"({"errors":[{"message":"no","field":"sort"}]})");
    open("/?sort=x").expect(400);
    services.respond("GET /api/tickets", 200, "[]");
    open("/?sort=x").expect(200);
    services.all_down = true;
    open("/?q=a").expect(503);
    services.all_down = false;
    open("/?q=a").expect(200);
    for (const auto* path : {"/selling", "/orders", "/tickets/new"})
        EXPECT_EQ(open(path).expect(303).headers["Cache-Control"], "no-store") << path;
    EXPECT_FALSE(is_shared(open("/basket").expect(200)));
    EXPECT_FALSE(is_shared(open("/auth/signin").expect(200)));
}

TEST_F(PublicPages, give_programs_errors_as_json) {
    services.all_down = true;
    auto program = test.nobody().with("Accept", "application/json");
    EXPECT_EQ(program.get("/").expect(503).headers["Content-Type"], "application/problem+json");
    EXPECT_TRUE(open("/").expect(503).headers["Content-Type"].starts_with("text/html"));
}

TEST_F(PublicPages, respond_to_head_as_to_get) {
    auto head = browser().head("/").expect(200);
    EXPECT_TRUE(is_shared(head));
    EXPECT_EQ(head.headers["ETag"], open("/").headers["ETag"]);
    EXPECT_EQ(services.calls(landing), 1);
}

TEST_F(PublicPages, have_a_tag_per_content) {
    auto tag = std::string{open("/").headers["ETag"]};
    EXPECT_FALSE(tag.empty());
    test.clock.advance(PageCache::max_age);
    EXPECT_EQ(open("/").headers["ETag"], tag) << "the same bytes, rendered again";
    services.respond("GET /api/tickets", 200, "[]");
    EXPECT_NE(open("/").headers["ETag"], tag);
    EXPECT_EQ(open_as("buyer", "/").headers["ETag"], "") << "the server tags these";
}

TEST_F(PublicPages, are_compressed_for_those_who_accept_it) {
    auto plain = open("/");
    auto gzip = open_with("Accept-Encoding", "gzip, deflate, br");
    EXPECT_EQ(gzip.headers["Content-Encoding"], "gzip");
    EXPECT_LT(gzip.body.size(), plain.body.size());
    EXPECT_EQ(gzip.headers["ETag"], "W/" + std::string{plain.headers["ETag"]});
    EXPECT_EQ(open_with("Accept-Encoding", "gzip;q=0").body, plain.body);
    auto guarded = browser().with("If-Match", "\"x\"").with("Accept-Encoding", "gzip").get("/");
    EXPECT_EQ(guarded.headers["ETag"], plain.headers["ETag"]) << "which If-Match compares strongly";
    EXPECT_EQ(services.calls(landing), 1);
}

}  // namespace
}  // namespace stagedoor::client
