// Pages of visitors without a session while tickets are sold: everybody sees a sale within a second, and
// nobody a page that is somebody's own.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

using Time = std::chrono::steady_clock::time_point;

std::string url() { return shared().url; }
Client nobody() { return Client{url()}.with("Accept", "text/html"); }

// The tickets left, as a listing's page says.
int left_in(const std::string& page) {
    auto text = page.substr(page.find(">", page.find("<p class=\"left")) + 1);
    text.resize(text.find('<'));
    if (text == "Sold out") return 0;
    if (text == "Last one") return 1;
    return std::stoi(text.substr(text.find_first_of("0123456789")));
}

struct Seen {
    Time asked_at;
    int left;
};

struct PagesRace : Race {
    static constexpr int tickets = 20;
    std::string listing = list_ticket(shared().user(0).at(url()), {.quantity = tickets, .max_per_order = 1});
    std::string page_of_listing = "/tickets/" + listing;
    std::atomic<bool> done = false;

    // Asks for the page until `done`.
    std::vector<Seen> watch() {
        std::vector<Seen> all;
        while (!done) {
            auto asked_at = std::chrono::steady_clock::now();
            auto page = nobody().get(page_of_listing).expect(200);
            EXPECT_FALSE(page.body.contains("/auth/signout"));
            all.push_back({asked_at, left_in(page.body)});
        }
        return all;
    }
    // One ticket after the other; for each, what is left once tickets says so.
    std::vector<Seen> sell() {
        std::vector<Seen> sold;
        auto left = [&] {
            return Client{url()}.get("/api/tickets/" + listing).expect(200).number("available");
        };
        for (int i = 1; i <= tickets; ++i) {
            order(shared().user(i).at(url()), {{listing}}).expect(201);
            EXPECT_TRUE(becomes_true([&] { return left() == tickets - i; }, 10s, 1ms));
            sold.push_back({std::chrono::steady_clock::now(), tickets - i});
        }
        done = true;
        return sold;
    }
};

TEST_F(PagesRace, everybody_sees_a_sale_within_a_second) {
    constexpr int watchers = 4;
    // In one process the commit of a sale ends the pages from before it, not their age.
    auto max_age = is_one_process() ? 200ms : 1000ms;
    std::vector<std::vector<Seen>> seen(watchers);
    std::vector<Seen> sold;
    all_at_once(
        watchers + 1, [](int) { connect(url()); },
        [&](int thread) {
            if (thread == watchers)
                sold = sell();
            else
                seen[static_cast<std::size_t>(thread)] = watch();
        });
    std::chrono::nanoseconds oldest{0};
    std::size_t pages = 0;
    for (const auto& each : seen) {
        pages += each.size();
        for (const auto& [asked_at, left] : each) {
            for (const auto& sale : sold) {
                if (left <= sale.left) continue;
                oldest = std::max<std::chrono::nanoseconds>(oldest, asked_at - sale.asked_at);
                EXPECT_LT(asked_at, sale.asked_at + max_age)
                    << left << " left, though " << sale.left << " were";
            }
        }
    }
    EXPECT_EQ(left_in(nobody().with("Cookie", "session=").get(page_of_listing).expect(200).body), 0);
    std::cout << pages << " pages during " << sold.size() << " sales: the oldest was asked for "
              << std::chrono::duration<double, std::milli>(oldest).count() << " ms after a sale it lacked\n";
    EXPECT_GT(pages, 100U);
}

TEST_F(PagesRace, nobody_gets_a_page_of_somebody_else) {
    constexpr int threads = 12, rounds = 100;
    all_at_once(
        threads, [](int) { connect(url()); },
        [&](int thread) {
            auto is_seller = thread == 0, is_user = thread % 2 == 0;
            auto browser = is_user ? shared().visitor(thread).with("Accept", "text/html") : nobody();
            for (int i = 0; i < rounds; ++i) {
                auto landing = browser.get("/").expect(200).body;
                auto page = browser.get(page_of_listing).expect(200).body;
                EXPECT_EQ(landing.contains("/auth/signout"), is_user);
                EXPECT_EQ(page.contains("/auth/signout"), is_user);
                EXPECT_EQ(page.contains("This is your listing"), is_seller);
                EXPECT_EQ(page.contains("name=\"key\""), is_user && !is_seller);
            }
        });
}

}  // namespace
}  // namespace stagedoor::testing
