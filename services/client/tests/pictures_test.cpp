// The picture of a listing: in its form, on pages, and in previews of links.
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto with_picture =
    R"({"id":"concert","userId":"seller","title":"Bach & <b>Sons</b>","price":19.90,
    "currency":"EUR","version":3,
    "quantity":10,"available":4,"maxPerOrder":3,
    "status":"open","picture":"p-1","pictureWidth":1200,
    "pictureHeight":800})";

struct Pictures : Pages {
    // A form with a file, as browsers send it.
    testing::Response send(const std::string& path, const std::string& file,
                           const std::vector<std::pair<std::string, std::string>>& more = {}) {
        std::string body;
        auto add = [&](const std::string& name, const std::string& extra, const std::string& content) {
            body += "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"" + extra + "\r\n\r\n" +
                    content + "\r\n";
        };
        add("title", "", "Café");
        add("price", "", "12");
        for (const auto& [name, value] : more) add(name, "", value);
        add("upload", "; filename=\"stage.jpg\"\r\nContent-Type: image/jpeg", file);
        body += "--XX--\r\n";
        return test.as("seller")
            .with("Accept", "text/html")
            .with("Content-Type", "multipart/form-data; boundary=XX")
            .post(path, body);
    }
    std::string sent_body(http::Method method, std::string_view path = {}) {
        return services.last(method, path).body;
    }
};

TEST_F(Pictures, are_uploaded_with_the_listing) {
    services.respond("POST /api/tickets/pictures", 201, R"({"id":"p-1","width":1200,"height":800})");
    services.respond("POST /api/tickets", 201, with_picture);
    auto bytes = std::string{"\xFF\xD8\xFF\0\r\n--XY", 10};

    auto sent = send("/tickets/new", bytes).expect(303);

    EXPECT_EQ(location(sent), "/tickets/concert?done=listed");
    EXPECT_EQ(sent_body(http::Method::post, "/api/tickets/pictures"), bytes);
    auto listing = json::parse(sent_body(http::Method::post, "/api/tickets")).value();
    EXPECT_EQ(*listing["picture"].string(), "p-1");
    EXPECT_EQ(*listing["title"].string(), "Café");
}

TEST_F(Pictures, are_optional) {
    services.respond("POST /api/tickets", 201, with_picture);
    send("/tickets/new", "").expect(303);
    EXPECT_EQ(services.calls("/api/tickets/pictures"), 0);
    EXPECT_EQ(sent_body(http::Method::post).find("picture"), std::string::npos);
}

TEST_F(Pictures, stay_when_the_form_is_not_accepted_for_another_reason) {
    services.respond("POST /api/tickets/pictures", 201, R"({"id":"p-1","width":1200,"height":800})");
    services.respond("POST /api/tickets", 400,
                     R"({"errors":[{"message":"must be at least 1","field":"quantity"}]})");
    auto page = follow("seller", send("/tickets/new", "JPEG"));
    for (auto part : {R"(<input type="hidden" name="picture" value="p-1">)",
                      R"(src="/api/tickets/pictures/p-1/480.jpg")", R"(value="Café")"})
        EXPECT_TRUE(has(page, part)) << part;

    services.respond("POST /api/tickets", 201, with_picture);
    send("/tickets/new", "", {{"picture", "p-1"}}).expect(303);
    EXPECT_EQ(services.calls("/api/tickets/pictures"), 1);
    auto listing = json::parse(sent_body(http::Method::post, "/api/tickets")).value();
    EXPECT_EQ(*listing["picture"].string(), "p-1");
}

TEST_F(Pictures, that_cannot_be_read_are_explained_at_their_field) {
    services.respond("POST /api/tickets/pictures", 400,
                     R"({"errors":[{"message":"This picture can't be read. Choose a JPEG, PNG or WebP",
        "field":"picture"}]})");
    auto page = follow("seller", send("/tickets/new", "GIF")).expect(200, "This picture can");
    for (auto part : {R"(<a href="#picture">)", R"(id="picture-error")", R"(value="Café")"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(services.calls("/api/tickets"), 0);
}

TEST_F(Pictures, are_kept_replaced_and_removed_by_edits) {
    services.respond("GET /api/tickets/concert", 200, with_picture);
    services.respond("PUT /api/tickets/concert", 200, with_picture);
    services.respond("POST /api/tickets/pictures", 201, R"({"id":"p-2","width":1200,"height":800})");
    auto form = test.as("seller").with("Accept", "text/html").get("/tickets/concert/edit").expect(200);
    EXPECT_TRUE(has(form, R"(name="removePicture")"));
    auto picture_sent = [&] {
        auto listing = json::parse(sent_body(http::Method::put)).value();
        const auto* id = listing["picture"].string();
        return id ? *id : "";
    };
    send("/tickets/concert/edit", "", {{"picture", "p-1"}, {"version", "3"}}).expect(303);
    EXPECT_EQ(picture_sent(), "p-1");
    send("/tickets/concert/edit", "JPEG", {{"picture", "p-1"}, {"version", "3"}}).expect(303);
    EXPECT_EQ(picture_sent(), "p-2");
    EXPECT_EQ(services.last(http::Method::post, "/api/tickets/pictures").target,
              "/api/tickets/pictures?ticketId=concert")
        << "a cell's pictures are for its own listings";
    send("/tickets/concert/edit", "", {{"picture", "p-1"}, {"removePicture", "yes"}, {"version", "3"}})
        .expect(303);
    EXPECT_EQ(picture_sent(), "");
}

TEST_F(Pictures, are_in_the_spotlight_of_the_landing_page) {
    services.respond("GET /api/tickets", 200, "[" + std::string{with_picture} + "]");
    auto page = open("/").expect(200);
    auto stage = page.body.substr(page.body.find("class=\"stage\""));
    stage = stage.substr(0, stage.find("</picture>"));
    for (auto part : {R"(<img class="stage-poster" src="/api/tickets/pictures/p-1/480.jpg")", R"(alt="")",
                      R"(fetchpriority="high")"})
        EXPECT_NE(stage.find(part), std::string::npos) << part;
    EXPECT_EQ(page.body.find("/posters/"), std::string::npos);
}

// Such a request ends before any route is called.
TEST_F(Pictures, that_are_too_large_are_rejected_on_a_page) {
    auto reject = [&](const std::string& target, const ApiError& why, http::Headers headers) {
        http::Request head{.method = http::Method::post, .headers = std::move(headers)};
        EXPECT_TRUE(head.set_target(target));
        return test.loop.wait_for(test.host().reject(head, why));
    };
    ApiError too_large{ErrorKind::too_large, Message::as_is("The request's body is too large")};
    http::Headers browser{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"},
                          {"Content-Type", "multipart/form-data; boundary=XX"}};
    auto page = reject("/tickets/new", too_large, browser);
    EXPECT_EQ(page.status, 413);
    EXPECT_EQ(page.headers["Content-Type"], "text/html; charset=utf-8");
    EXPECT_NE(page.body.find("That’s too large"), std::string::npos);
    EXPECT_NE(reject("/de/tickets/new", too_large, browser).body.find("lang=\"de\""), std::string::npos);

    auto busy =
        reject("/fr/tickets/concert/edit",
               Unavailable{"Too many uploads at once from your network. Please try again"_text}, browser);
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.headers["Retry-After"], "1");
    EXPECT_NE(busy.body.find("depuis votre réseau"), std::string::npos);

    EXPECT_THROW((void)reject("/tickets/new", too_large, {}), ApiError);
    EXPECT_THROW((void)reject("/api/tickets/pictures", too_large, browser), ApiError);
}

TEST_F(Pictures, are_shown_in_place_of_the_poster) {
    services.respond("GET /api/tickets/concert", 200, with_picture);
    services.respond("GET /api/tickets", 200, "[" + std::string{with_picture} + "]");
    auto page = open("/tickets/concert").expect(200);
    for (
        auto part :
        {R"(srcset="/api/tickets/pictures/p-1/480.avif 480w, /api/tickets/pictures/p-1/1200.avif 1200w")",
         R"(type="image/webp")", R"(src="/api/tickets/pictures/p-1/480.jpg")", R"(width="1200" height="800")",
         R"(<img class="event-poster")", R"(itemprop="image" fetchpriority="high")",
         R"(alt="Bach &amp; &lt;b&gt;Sons&lt;/b&gt;")",
         R"(<meta property="og:image" content="http://localhost:8080/api/tickets/pictures/p-1/preview.jpg")"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "/posters/"));
    EXPECT_TRUE(has(open("/?q=bach").expect(200), "/api/tickets/pictures/p-1/480.jpg"));
}

TEST_F(Pictures, of_links_are_png_posters_where_there_is_no_other) {
    services.respond("GET /api/tickets/concert", 200, concert);
    auto page = open("/tickets/concert").expect(200);
    auto begin = page.body.find("/posters/concert.png?v=");
    ASSERT_NE(begin, std::string::npos);
    auto address = page.body.substr(begin, page.body.find('"', begin) - begin);

    auto png = open(address).expect(200, "PNG of ");

    EXPECT_EQ(png.header("Content-Type"), "image/png");
    EXPECT_EQ(png.header("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(open("/posters/concert.png").expect(200).body, png.body);
    EXPECT_EQ(test.renderer.previews, 1) << "it is kept";
    open("/posters/missing.png").expect(404);
    open("/posters/concert.gif").expect(404);
}

TEST_F(Pictures, of_a_form_that_cannot_be_read_are_rejected) {
    auto sent = test.as("seller")
                    .with("Accept", "text/html")
                    .with("Content-Type", "multipart/form-data; boundary=XX")
                    .post("/tickets/new", "--YY\r\n");
    follow("seller", sent).expect(200, "role=\"alert\"");
    EXPECT_TRUE(services.requests.empty());
}

}  // namespace
}  // namespace stagedoor::client
