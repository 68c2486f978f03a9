#include "services/client/page_cache.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

namespace stagedoor::client {
namespace {

using namespace std::chrono_literals;

http::Response page_of(std::string body) {
    return {.status = 200,
            .headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "private, no-cache"}},
            .body = std::move(body)};
}

Task<http::Response> respond(http::Response response) { co_return response; }

// Counts the pages it begins to render; each ends when the test says so.
struct Rendering {
    explicit Rendering(runtime::Clock& the_clock) : clock(the_clock) {}

    PageCache::Render render() {
        return [this] { return run(*this); };
    }
    static Task<http::Response> run(Rendering& self) {
        auto may_end = self.may_end.emplace_back(self.clock);
        auto number = self.may_end.size();
        (void)co_await may_end.wait_for(1h);
        if (self.throws) throw std::domain_error("a bug");
        if (self.fails) co_return http::Response{.status = 503, .headers = {}, .body = "down"};
        co_return page_of(std::to_string(number));
    }
    [[nodiscard]] std::size_t begun() const { return may_end.size(); }

    runtime::Clock& clock;
    std::vector<runtime::AsyncEvent> may_end;
    bool fails = false, throws = false;
};

struct PageCacheTest : ::testing::Test {
    // Runs until everything waits for the test.
    void settle() {
        loop.restart();
        loop.poll();
    }
    void end(Rendering& rendering, std::size_t number) {
        rendering.may_end.at(number - 1).notify();
        settle();
    }
    static http::Response result(std::future<http::Response>& response) {
        if (response.wait_for(0s) != std::future_status::ready) throw std::runtime_error("no response yet");
        return response.get();
    }
    std::future<http::Response> ask(PageCache::Render render, std::string key = "/", bool gzip = false) {
        auto response = boost::asio::co_spawn(loop, cache.get(std::move(key), gzip, std::move(render)),
                                              boost::asio::use_future);
        settle();
        return response;
    }
    http::Response get(http::Response rendered, std::string key = "/", bool gzip = false) {
        auto render = [this, rendered] { return ++renderings, respond(rendered); };
        auto response = ask(render, std::move(key), gzip);
        return result(response);
    }
    std::string body(std::string rendered) { return get(page_of(std::move(rendered))).body; }

    boost::asio::io_context loop;
    runtime::ManualClock clock;
    runtime::Metrics metrics;
    std::shared_ptr<DataVersion> listings = std::make_shared<DataVersion>();
    PageCache cache{clock, listings, metrics, 64 * 1024};
    int renderings = 0;
};

TEST_F(PageCacheTest, renders_a_page_once_per_version) {
    EXPECT_EQ(body("old"), "old");
    EXPECT_EQ(body("new"), "old");
    listings->raise();
    EXPECT_EQ(body("new"), "new");
    EXPECT_EQ(body("newer"), "new");
    EXPECT_EQ(renderings, 2);
}

TEST_F(PageCacheTest, renders_it_again_after_its_age) {
    EXPECT_EQ(body("old"), "old");
    clock.advance(PageCache::max_age - 1ms);
    EXPECT_EQ(body("new"), "old");
    clock.advance(1ms);
    EXPECT_EQ(body("new"), "new");
}

TEST_F(PageCacheTest, counts_its_age_from_before_it_was_rendered) {
    Rendering slow{clock};
    auto first = ask(slow.render());
    clock.advance(PageCache::max_age);
    end(slow, 1);
    EXPECT_EQ(result(first).body, "1");
    EXPECT_EQ(body("new"), "new");
}

TEST_F(PageCacheTest, drops_a_page_of_listings_that_changed_while_it_was_rendered) {
    Rendering slow{clock};
    auto first = ask(slow.render());
    listings->raise();
    auto second = ask(slow.render());
    EXPECT_EQ(slow.begun(), 2u) << "the first one may show the listings as they were";
    end(slow, 1);
    EXPECT_EQ(result(first).body, "1");
    end(slow, 2);
    EXPECT_EQ(result(second).body, "2");
    EXPECT_EQ(body("new"), "2");
}

TEST_F(PageCacheTest, renders_once_for_all_who_want_it_at_the_same_time) {
    Rendering slow{clock};
    std::vector<std::future<http::Response>> all;
    for (int i = 0; i < 100; ++i) all.push_back(ask(slow.render(), "/", i % 2 == 0));
    EXPECT_EQ(slow.begun(), 1u);
    end(slow, 1);
    for (auto& each : all) EXPECT_EQ(result(each).body, "1");
}

TEST_F(PageCacheTest, does_not_wait_for_a_rendering_that_began_long_ago) {
    Rendering slow{clock};
    auto first = ask(slow.render());
    clock.advance(PageCache::max_age);
    auto second = ask(slow.render());
    EXPECT_EQ(slow.begun(), 2u);
    end(slow, 2);
    EXPECT_EQ(result(second).body, "2");
    end(slow, 1);
    EXPECT_EQ(result(first).body, "1");
    EXPECT_EQ(body("new"), "2");
}

TEST_F(PageCacheTest, lets_everybody_render_for_themselves_after_an_error) {
    Rendering slow{clock};
    slow.fails = true;
    auto first = ask(slow.render()), second = ask(slow.render());
    EXPECT_EQ(slow.begun(), 1u);
    end(slow, 1);
    EXPECT_EQ(result(first).status, 503);
    EXPECT_EQ(slow.begun(), 2u);
    slow.fails = false;
    end(slow, 2);
    EXPECT_EQ(result(second).body, "2");
    EXPECT_EQ(cache.pages(), 0u);
}

TEST_F(PageCacheTest, goes_on_when_a_rendering_throws) {
    Rendering slow{clock};
    slow.throws = true;
    auto first = ask(slow.render());
    auto second = ask([this] { return ++renderings, respond(page_of("own")); });
    EXPECT_EQ(renderings, 0);
    end(slow, 1);
    EXPECT_THROW(result(first), std::domain_error);
    EXPECT_EQ(result(second).body, "own");
}

TEST_F(PageCacheTest, stops_waiting_after_a_while) {
    Rendering slow{clock};
    auto first = ask(slow.render());
    auto second = ask([this] { return ++renderings, respond(page_of("own")); });
    EXPECT_EQ(renderings, 0);
    clock.advance(5s);
    settle();
    EXPECT_EQ(result(second).body, "own");
    end(slow, 1);
    EXPECT_EQ(result(first).body, "1");
}

TEST_F(PageCacheTest, keeps_only_what_is_for_everybody) {
    auto with = [](int status, const char* name, const char* value) {
        auto page = page_of("own");
        page.status = status;
        page.headers.set(name, value);
        return page;
    };
    for (const auto& own : {with(404, "X", ""), with(303, "Location", "/auth/signin"), with(500, "X", ""),
                            with(200, "Set-Cookie", "basket=1"), with(200, "Cache-Control", "no-store")}) {
        auto response = get(own);
        EXPECT_EQ(response.status, own.status);
        EXPECT_EQ(response.headers["Cache-Control"], own.headers["Cache-Control"]);
        EXPECT_EQ(cache.pages(), 0u);
    }
    EXPECT_EQ(body("everybody's"), "everybody's");
}

TEST_F(PageCacheTest, keeps_the_compressed_form_too) {
    auto long_page = page_of(std::string(5000, 'x'));
    auto plain = get(long_page), gzip = get(page_of("another"), "/", true);
    EXPECT_EQ(renderings, 1);
    EXPECT_EQ(plain.body.size(), 5000u);
    EXPECT_EQ(plain.headers["Content-Encoding"], "");
    EXPECT_LT(gzip.body.size(), 200u);
    EXPECT_EQ(gzip.headers["Content-Encoding"], "gzip");
    EXPECT_EQ(gzip.headers["ETag"], "W/" + std::string{plain.headers["ETag"]});
    EXPECT_EQ(get(page_of("short"), "/short", true).headers["Content-Encoding"], "");
}

TEST_F(PageCacheTest, says_for_how_long_and_for_whom_it_may_be_kept) {
    for (auto gzip : {false, true}) {
        auto page = get(page_of(std::string(5000, 'x')), "/", gzip);
        EXPECT_EQ(page.headers["Cache-Control"], "public, max-age=0, s-maxage=1, must-revalidate");
        EXPECT_EQ(page.headers.joined("Vary"), "Accept-Encoding, Authorization, Cookie");
        EXPECT_FALSE(page.headers["ETag"].empty());
    }
}

TEST_F(PageCacheTest, uses_bounded_memory_under_many_addresses) {
    for (int i = 0; i < 1000; ++i) {
        (void)get(page_of(std::string(2000, 'x')), "/?q=" + std::to_string(i));
        EXPECT_LE(cache.bytes(), 64u * 1024);
        (void)get(page_of("often"), "/often");
    }
    EXPECT_GT(cache.pages(), 5u);
    EXPECT_EQ(renderings, 1001) << "what is visited often stays";
    (void)get(page_of(std::string(200 * 1024, 'x')), "/huge");
    EXPECT_EQ(get(page_of("other"), "/huge").body, "other") << "too large to be kept";
    EXPECT_EQ(get(page_of("other"), "/often").body, "often") << "and not at the expense of all others";
}

TEST_F(PageCacheTest, serves_many_threads) {
    boost::asio::thread_pool pool{4};
    std::atomic<int> rendered = 0;
    std::vector<std::future<http::Response>> all;
    for (int i = 0; i < 4000; ++i) {
        if (i % 100 == 0) listings->raise();
        auto render = [&rendered] { return ++rendered, respond(page_of(std::string(3000, 'x'))); };
        all.push_back(boost::asio::co_spawn(pool, cache.get("/" + std::to_string(i % 7), i % 2 == 0, render),
                                            boost::asio::use_future));
    }
    for (auto& each : all) EXPECT_EQ(each.get().status, 200);
    EXPECT_GE(rendered, 7);
    EXPECT_LT(rendered, 4000);
}

}  // namespace
}  // namespace stagedoor::client
