// Live updates: who gets which events, when.
#include "common/http/server/body_stream.hpp"
#include "contracts/events/auth.hpp"
#include "services/client/live/hub.hpp"
#include "services/client/settings.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

using namespace std::chrono_literals;
using live::Hub;

// A browser that reads a stream.
class Reader {
  public:
    explicit Reader(std::shared_ptr<http::BodyStream> stream) : stream_(std::move(stream)) {}

    // The data of the next event of that name; comments and others before it are skipped.
    std::string next(std::string_view name) {
        auto begin = "event: " + std::string{name} + "\ndata: ";
        testing::eventually([&] {
            take();
            return text_.find(begin) != std::string::npos;
        });
        auto at = text_.find(begin);
        if (at == std::string::npos) return "";
        auto id = text_.rfind("id: ", at);
        if (id != std::string::npos) last_id = text_.substr(id + 4, at - id - 5);
        auto end = text_.find("\n\n", at);
        auto data = text_.substr(at + begin.size(), end - at - begin.size());
        text_.erase(0, end + 2);
        return data;
    }
    // What has come and was not looked at.
    std::string rest() {
        take();
        return text_;
    }
    [[nodiscard]] bool has_ended() const { return stream_->end().has_value(); }
    void leave() { stream_.reset(); }

    std::string last_id;

  private:
    void take() {
        for (auto& part : stream_->take().parts) text_ += *part;
    }
    std::shared_ptr<http::BodyStream> stream_;
    std::string text_;
};

std::string with_available(int available) {
    auto listing = std::string{concert};
    listing.replace(listing.find("\"available\":4"), 13, "\"available\":" + std::to_string(available));
    return listing;
}
std::string order_with(std::string_view status, int version, std::string_view buyer = "buyer") {
    auto order = std::string{held_order};
    auto set = [&](std::string_view old, const std::string& now) {
        order.replace(order.find(old), old.size(), now);
    };
    set(R"("status":"created")", fmt::format(R"("status":"{}")", status));
    set(R"("userId":"buyer")", fmt::format(R"("userId":"{}")", buyer));
    set(R"("version":1)", fmt::format(R"("version":{})", version));
    return order;
}

struct Live : Pages {
    void SetUp() override {
        services.respond("GET /api/tickets/concert", 200, concert);
        services.respond("GET /api/orders/order-1", 200, held_order);
    }
    static Reader read(const testing::Response& response) {
        response.expect(200);
        EXPECT_TRUE(response.stream);
        return Reader{response.stream};
    }
    Reader follow(const std::string& target) { return read(test.get(target)); }
    // As after a commit of that service, which the hint names.
    void changed(const std::string& service, std::vector<std::string> ids) {
        (service == "orders" ? services.orders : services.listings)->pass_on({.ids = std::move(ids)});
    }
    void sell(int left) {
        services.responses["GET /api/tickets/concert"].body = with_available(left);
        changed("tickets", {"concert"});
    }
    // Once everything that is due by now has been done.
    void settle() {
        for (int i = 0; i < 20; ++i) test.loop.wait_for([]() -> Task<> { co_return; }());
    }
    void advance(std::chrono::milliseconds time) {
        settle();
        test.clock.advance(time);
        settle();
    }
    std::ptrdiff_t reads() { return services.calls("/api/tickets/concert"); }
    bool reports(std::string_view line) {
        settle();
        return test.metrics.to_text().find("\n" + std::string{line} + "\n") != std::string::npos;
    }
};

TEST_F(Live, says_how_a_listing_looks_and_whenever_that_changes) {
    auto response = test.get("/live?tickets=concert");
    EXPECT_EQ(response.headers["Content-Type"], "text/event-stream");
    EXPECT_EQ(response.headers["Cache-Control"], "no-store");
    EXPECT_EQ(response.headers["X-Accel-Buffering"], "no");
    auto reader = read(response);
    EXPECT_EQ(reader.next("ticket"),
              R"({"topic":"ticket:concert","state":"3-on-sale","buyable":true,"few":true,)"
              R"("texts":{"en":{"left":"Only 4 left","price":"€19.90"},)"
              R"("de":{"left":"Nur noch 4","price":"19,90 €"},"fr":{"left":"Plus que 4","price":"19,90 €"},)"
              R"("es":{"left":"Solo quedan 4","price":"19,90 €"}},"spread":2})");
    sell(0);
    advance(Hub::min_interval);
    EXPECT_EQ(reader.next("ticket"),
              R"({"topic":"ticket:concert","state":"3-off","buyable":false,"few":false,)"
              R"("texts":{"en":{"left":"Sold out","price":"€19.90"},)"
              R"("de":{"left":"Ausverkauft","price":"19,90 €"},"fr":{"left":"Complet","price":"19,90 €"},)"
              R"("es":{"left":"Agotado","price":"19,90 €"}},"spread":2})");
}

TEST_F(Live, has_the_state_that_pages_have) {
    auto reader = follow("/live?tickets=concert");
    EXPECT_TRUE(has(open("/tickets/concert"), R"(data-live="ticket:concert" data-live-state="3-on-sale")"));
    EXPECT_TRUE(has(open_as("seller", "/tickets/concert"), R"(data-live-state="3-on-sale")"))
        << "whoever looks at it";
    EXPECT_NE(reader.next("ticket").find(R"("state":"3-on-sale")"), std::string::npos);
}

TEST_F(Live, reads_a_listing_once_for_all_who_follow_it) {
    std::vector<Reader> readers;
    for (int i = 0; i < 20; ++i) readers.push_back(follow("/live?tickets=concert"));
    for (auto& reader : readers) reader.next("ticket");
    EXPECT_EQ(reads(), 1);
    advance(Hub::min_interval);
    sell(2);
    for (auto& reader : readers) EXPECT_NE(reader.next("ticket").find("Only 2 left"), std::string::npos);
    EXPECT_EQ(reads(), 2);
    EXPECT_TRUE(reports("stagedoor_live_streams 20"));
    EXPECT_TRUE(reports("stagedoor_live_topics 1"));
    EXPECT_TRUE(reports("stagedoor_live_events_total 40"));
}

TEST_F(Live, makes_one_event_of_many_changes) {
    auto reader = follow("/live?tickets=concert");
    reader.next("ticket");
    advance(Hub::min_interval);
    sell(3);
    EXPECT_NE(reader.next("ticket").find("Only 3 left"), std::string::npos) << "the first at once";
    for (int left : {2, 1, 0}) {
        sell(left);
        settle();
    }
    EXPECT_EQ(reads(), 2);
    EXPECT_EQ(reader.rest(), "");
    advance(Hub::min_interval);
    EXPECT_NE(reader.next("ticket").find("Sold out"), std::string::npos);
    EXPECT_EQ(reads(), 3);
}

TEST_F(Live, sends_nothing_when_nothing_looks_different) {
    auto reader = follow("/live?tickets=concert");
    reader.next("ticket");
    advance(Hub::min_interval);
    changed("tickets", {"concert"});
    settle();
    EXPECT_EQ(reads(), 2);
    EXPECT_EQ(reader.rest(), "");
}

TEST_F(Live, follows_several_listings_and_reads_only_what_changes) {
    auto play = std::string{concert};
    play.replace(play.find("concert"), 7, "the-play");
    services.respond("GET /api/tickets/the-play", 200, play);
    auto reader = follow("/live?tickets=concert,the-play,concert");
    reader.next("ticket");
    reader.next("ticket");
    advance(Hub::min_interval);
    changed("tickets", {"other", "the-play"});
    settle();
    EXPECT_EQ(reads(), 1);
    EXPECT_EQ(services.calls("/api/tickets/the-play"), 2);
    services.listings->pass_on({.others = true});
    advance(Hub::min_interval);
    EXPECT_EQ(reads(), 2) << "too many to name: everything may have changed";
}

TEST_F(Live, notices_changes_that_were_not_announced) {
    auto reader = follow("/live?tickets=concert");
    reader.next("ticket");
    services.responses["GET /api/tickets/concert"].body = with_available(2);
    advance(Hub::recheck_interval);
    EXPECT_NE(reader.next("ticket").find("Only 2 left"), std::string::npos);
}

TEST_F(Live, tries_again_when_a_service_is_down) {
    services.down.insert("tickets");
    auto reader = follow("/live?tickets=concert");
    settle();
    services.down.clear();
    advance(1s);
    EXPECT_NE(reader.next("ticket").find("Only 4 left"), std::string::npos);
}

TEST_F(Live, says_that_a_listing_does_not_exist) {
    auto reader = follow("/live?tickets=nothing,concert");
    EXPECT_EQ(reader.next("gone"), R"({"topic":"ticket:nothing"})");
    advance(Hub::recheck_interval);
    EXPECT_EQ(services.calls("/api/tickets/nothing"), 1);
}

TEST_F(Live, informs_buyers_about_their_orders) {
    auto reader = read(test.as("buyer").get("/live?orders=order-1"));
    EXPECT_EQ(reader.next("order"), R"({"topic":"order:order-1","state":"1-created","spread":2})");
    EXPECT_TRUE(
        has(open_as("buyer", "/orders/order-1"), R"(data-live="order:order-1" data-live-state="1-created")"));
    advance(Hub::min_interval);
    services.responses["GET /api/orders/order-1"].body = order_with("complete", 3);
    changed("orders", {"order-1"});
    EXPECT_EQ(reader.next("order"), R"({"topic":"order:order-1","state":"3-complete","spread":2})");
    auto used = services.last(http::Method::get, "/api/orders/order-1").headers["Authorization"];
    EXPECT_TRUE(used.starts_with("Bearer ")) << "asked as the buyer";
}

TEST_F(Live, takes_the_session_of_a_browser_from_its_cookie) {
    auto cookie = "basket=x:1; session=" + test.token(test.claims("buyer"));
    auto reader = read(test.nobody().with("Cookie", cookie).get("/live?orders=order-1"));
    reader.next("order");
    EXPECT_EQ(services.last(http::Method::get, "/api/orders/order-1").headers["Cookie"],
              "session=" + test.token(test.claims("buyer")))
        << "nothing else of what the browser sends";
}

TEST_F(Live, informs_nobody_else_about_an_order) {
    test.get("/live?orders=order-1").expect(401, "Sign in");
    test.get("/live?tickets=concert&orders=order-1").expect(401);
    services.respond("GET /api/orders/order-1", 403, R"({"errors":[{"message":"Not yours"}]})");
    auto stranger = read(test.as("stranger").get("/live?orders=order-1"));
    EXPECT_EQ(stranger.next("gone"), R"({"topic":"order:order-1"})");
    services.respond("GET /api/orders/order-1", 200, held_order);
    auto admin = read(test.as("admin", {"admin"}).get("/live?orders=order-1"));
    EXPECT_EQ(admin.next("gone"), R"({"topic":"order:order-1"})") << "though the API shows it to them";
    changed("orders", {"order-1"});
    advance(Hub::recheck_interval);
    EXPECT_EQ(stranger.rest(), "");
    EXPECT_EQ(admin.rest(), "");
}

TEST_F(Live, checks_each_time_whose_order_it_is) {
    auto reader = read(test.as("buyer").get("/live?orders=order-1"));
    reader.next("order");
    services.responses["GET /api/orders/order-1"].body = order_with("complete", 2, "somebody-else");
    advance(Hub::min_interval);
    changed("orders", {"order-1"});
    EXPECT_EQ(reader.next("gone"), R"({"topic":"order:order-1"})");
    EXPECT_EQ(reader.rest(), "");
}

TEST_F(Live, ends_with_the_session) {
    auto claims = test.claims("buyer");
    auto reader = read(test.as("buyer").get("/live?orders=order-1&tickets=concert"));
    auto anybody = follow("/live?tickets=concert");
    reader.next("order");
    advance(Hub::session_interval);
    EXPECT_FALSE(reader.has_ended());
    test.receives(contracts::SessionRevoked{
        .id = claims.session, .user_id = claims.user, .expires_at = claims.expires_at});
    advance(Hub::session_interval);
    reader.next("signed-out");
    EXPECT_TRUE(reader.has_ended());
    EXPECT_FALSE(anybody.has_ended());
    EXPECT_TRUE(reports("stagedoor_live_streams 1"));
}

TEST_F(Live, goes_on_after_the_last_event_that_a_browser_has_had) {
    auto first = follow("/live?tickets=concert");
    auto other = follow("/live?tickets=concert");  // keeps the topic
    first.next("ticket");
    first.leave();
    auto again = read(test.nobody().with("Last-Event-ID", first.last_id).get("/live?tickets=concert"));
    settle();
    EXPECT_EQ(again.rest().find("event:"), std::string::npos) << again.rest();
    again.leave();
    advance(Hub::min_interval);
    sell(2);
    other.next("ticket");
    EXPECT_NE(other.next("ticket").find("Only 2 left"), std::string::npos);
    again = read(test.nobody().with("Last-Event-ID", first.last_id).get("/live?tickets=concert"));
    EXPECT_NE(again.next("ticket").find("Only 2 left"), std::string::npos) << "what it has missed";
}

TEST_F(Live, says_everything_again_when_nobody_remembers) {
    auto first = follow("/live?tickets=concert");
    first.next("ticket");
    first.leave();
    settle();
    auto again = read(test.nobody().with("Last-Event-ID", first.last_id).get("/live?tickets=concert"));
    EXPECT_NE(again.next("ticket").find("Only 4 left"), std::string::npos);
    for (const auto* id : {"0123456789abcdef-1", "nonsense", "-1"}) {
        auto reader = read(test.nobody().with("Last-Event-ID", id).get("/live?tickets=concert"));
        EXPECT_EQ(reader.next("reset"), "{}") << id;
        EXPECT_NE(reader.next("ticket").find("Only 4 left"), std::string::npos) << id;
    }
    auto ahead = first.last_id + "9";
    EXPECT_EQ(read(test.nobody().with("Last-Event-ID", ahead).get("/live?tickets=concert")).next("reset"),
              "{}");
}

TEST_F(Live, refuses_what_it_cannot_follow) {
    for (const auto* target : {"/live", "/live?tickets=", "/live?listings=concert"})
        test.get(target).expect(400, "Say what to follow");
    test.get("/live?tickets=a,,b")
        .expect(400, "Tickets must be ids, separated by commas")
        .expect_field("tickets");
    test.get("/live?tickets=concert%0A").expect(400).expect_field("tickets");
    test.get("/live?tickets=concert&orders=%3Cb%3E").expect(400).expect_field("orders");
    test.get("/live?tickets=" + std::string(65, 'x')).expect(400).expect_field("tickets");
    std::string many;
    for (std::size_t i = 0; i <= live::max_tickets; ++i) many += fmt::format("{}t{}", i ? "," : "", i);
    test.get("/live?tickets=" + many).expect(400, "at most 60").expect_field("tickets");
    test.as("buyer").get("/live?orders=" + many).expect(400, "at most 20").expect_field("orders");
    test.send({.method = http::Method::post, .target = "/live?tickets=concert", .path = "/live"}).expect(405);
    EXPECT_TRUE(reports("stagedoor_live_streams 0"));
}

TEST_F(Live, drops_readers_who_are_too_slow) {
    auto slow = test.get("/live?tickets=concert").expect(200);
    std::string name(60'000, 'x');
    EXPECT_TRUE(slow.stream->send(std::make_shared<const std::string>(name)));
    EXPECT_FALSE(slow.stream->send(std::make_shared<const std::string>(name)));
    EXPECT_TRUE(reports("stagedoor_live_dropped_total 1"));
    EXPECT_TRUE(reports("stagedoor_live_streams 0"));
    EXPECT_TRUE(reports("stagedoor_live_topics 0"));
}

TEST_F(Live, frees_everything_when_readers_leave) {
    for (int i = 0; i < 100; ++i) {
        auto reader = read(test.as("buyer").get("/live?tickets=concert&orders=order-1"));
        if (i % 2) reader.next("ticket");
    }
    EXPECT_TRUE(reports("stagedoor_live_streams 0"));
    EXPECT_TRUE(reports("stagedoor_live_topics 0"));
}

struct LimitedLive : Live {
    http::Request request_from(std::string address) {
        http::Request request{.remote_address = std::move(address)};
        EXPECT_TRUE(request.set_target("/live?tickets=concert"));
        return request;
    }
};

TEST_F(LimitedLive, has_room_for_so_many_streams_of_a_network) {
    test.restart_with(Settings{.live_streams = 5, .live_streams_of_network = 2});
    std::vector<Reader> readers;
    for (const auto* address : {"192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"})
        readers.push_back(read(test.send(request_from(address))));
    auto response = test.send(request_from("192.0.2.9")).expect(503, "Too many live updates are open");
    EXPECT_EQ(response.headers["Retry-After"], "10");
    readers.front().leave();
    test.send(request_from("2001:db8::3")).expect(429, "from your network");
    test.send(request_from("192.0.2.1")).expect(200);
    EXPECT_TRUE(reports("stagedoor_live_refused_total 2"));
}

TEST_F(Live, lets_a_browser_fetch_a_page_that_is_not_older_than_an_event) {
    open("/tickets/concert").expect(200, "Only 4 left");
    // Another replica has committed it and told its browser. Here it is not known yet.
    services.responses["GET /api/tickets/concert"].body = with_available(0);
    open("/tickets/concert").expect(200, "Only 4 left");
    for (int i = 0; i < 3; ++i) open("/tickets/concert?live=0123456789abcdef-7").expect(200, "Sold out");
    EXPECT_EQ(reads(), 2) << "once for all who have had that event";
    auto page = open("/tickets/concert?live=0123456789abcdef-7");
    EXPECT_FALSE(has(page, "0123456789abcdef"));
    EXPECT_EQ(page.headers["Cache-Control"], "public, max-age=0, s-maxage=1, must-revalidate");
    open("/?live=" + std::string(1000, 'x'));
}

}  // namespace
}  // namespace stagedoor::client
