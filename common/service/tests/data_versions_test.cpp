// How a service learns that another one's data have changed: in the same process, and by hints.
#include "common/service/data_versions.hpp"

#include <gtest/gtest.h>

#include "common/runtime/temporary_folder.hpp"
#include "common/service/changed.hpp"
#include "common/service/host.hpp"
#include "common/service/service.hpp"
#include "testing/hint_bus.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

struct ShopApp {
    sql::Database& db;
};
struct ReaderApp {};
// To the reader, which is made by a plain function.
std::shared_ptr<const DataVersion> known;
std::vector<DataVersion::Changes> announced;

Service make_shop(ServiceDeps deps) {
    return service("shop", deps, std::make_shared<ShopApp>(deps.db))
        .migrations({{"shop", 1, "CREATE TABLE things (id BIGINT PRIMARY KEY);"}})
        .announce_changes("things")
        .build();
}
Service make_reader(ServiceDeps deps) {
    auto version = deps.data_versions->of("shop");
    version->on_change([](const auto& changes) { announced.push_back(changes); });
    known = version;
    return service("reader", deps, std::make_shared<ReaderApp>()).follow_changes_of("shop").build();
}

struct DataVersionsTest : ::testing::Test {
    DataVersionsTest() { announced.clear(); }
    ~DataVersionsTest() override {
        for (auto& host : hosts) host->close();
    }
    Host& host_with(const std::vector<NamedService>& services) {
        auto folder = "process" + std::to_string(hosts.size());
        std::filesystem::create_directory(folders.path() / folder);
        auto open = [this, folder](const std::string&, const std::string& name) {
            return sql::open_sqlite({.path = folders.file(folder + "/" + name + ".db"), .name = name}, clock);
        };
        return *hosts.emplace_back(std::make_unique<Host>(
            HostParts{clock, random, metrics, bus, loop.executor(), {}, open, *outbound}, services));
    }
    // Hints are sent when all of it is known, since the loop waits for that.
    void add(Host& host, const std::vector<int>& ids, bool fails = false) {
        std::promise<void> added;
        boost::asio::post(loop.executor(), [done = added.get_future().share()] { done.wait(); });
        std::shared_ptr<void> at_the_end{nullptr, [&](void*) { added.set_value(); }};
        auto add_all = [&](sql::Tx& tx) {
            for (auto id : ids) {
                tx.execute("INSERT INTO things VALUES ($1)", id);
                tx.notify("things");
                tx.notify_of(Changed{fmt::format("thing {}", id)});
            }
            if (fails) throw Conflict("no"_text);
        };
        runtime::EventLoopThread{}.wait_for(host.database("shop").write(add_all));
    }
    // Once everything that was posted before has run.
    std::size_t hints() {
        loop.wait_for([]() -> Task<> { co_return; }());
        return bus.sent.size();
    }

    runtime::TemporaryFolder folders;
    runtime::ManualClock clock;
    runtime::SystemRandom random;
    runtime::Metrics metrics;
    testing::HintBus bus;
    runtime::EventLoopThread loop;
    std::unique_ptr<outbound::Transport> outbound = outbound::make_transport();
    std::vector<std::unique_ptr<Host>> hosts;
};

TEST_F(DataVersionsTest, a_change_is_known_in_its_process_when_its_author_gets_the_response) {
    auto& host = host_with({{"shop", make_shop}, {"reader", make_reader}});
    auto before = known->current();
    add(host, {1});
    EXPECT_GT(known->current(), before);
}

TEST_F(DataVersionsTest, a_change_that_fails_raises_nothing) {
    auto& host = host_with({{"shop", make_shop}, {"reader", make_reader}});
    auto before = known->current();
    EXPECT_THROW(add(host, {1}, true), Conflict);
    EXPECT_EQ(known->current(), before);
    EXPECT_EQ(hints(), 0u);
}

TEST_F(DataVersionsTest, another_process_learns_of_it_by_a_hint) {
    auto& shop = host_with({{"shop", make_shop}});
    host_with({{"reader", make_reader}});
    auto before = known->current();
    add(shop, {1});
    EXPECT_EQ(hints(), 1u);
    EXPECT_GT(known->current(), before);
}

TEST_F(DataVersionsTest, many_changes_share_a_hint) {
    auto& shop = host_with({{"shop", make_shop}});
    std::vector<int> many(1000);
    std::ranges::generate(many, [id = 0]() mutable { return ++id; });
    add(shop, many);
    EXPECT_EQ(hints(), 1u);
    add(shop, {1001});
    EXPECT_EQ(hints(), 2u) << "later ones get another";
}

TEST_F(DataVersionsTest, a_hint_lists_what_has_changed) {
    host_with({{"shop", make_shop}, {"reader", make_reader}});
    add(*hosts.front(), {3, 1, 2});
    (void)hints();
    ASSERT_FALSE(announced.empty());
    for (const auto& changes : announced) {  // here, and by the hint to all, this process among them
        EXPECT_EQ(changes.ids, (std::vector<std::string>{"thing 1", "thing 2", "thing 3"}));
        EXPECT_FALSE(changes.others);
    }
    EXPECT_EQ(bus.sent, std::vector<std::string>{"thing 1,thing 2,thing 3"});
}

TEST_F(DataVersionsTest, a_hint_reaches_other_processes) {
    auto& shop = host_with({{"shop", make_shop}});
    host_with({{"reader", make_reader}});
    add(shop, {7});
    (void)hints();
    ASSERT_EQ(announced.size(), 1u);
    EXPECT_EQ(announced.front().ids, std::vector<std::string>{"thing 7"});
}

TEST_F(DataVersionsTest, a_hint_lists_nothing_if_too_much_has_changed) {
    auto& shop = host_with({{"shop", make_shop}});
    host_with({{"reader", make_reader}});
    std::vector<int> many(1'001);
    std::ranges::generate(many, [id = 0]() mutable { return ++id; });
    add(shop, many);
    (void)hints();
    EXPECT_EQ(bus.sent, std::vector<std::string>{"*"});
    ASSERT_EQ(announced.size(), 1u);
    EXPECT_TRUE(announced.front().others);
    EXPECT_TRUE(announced.front().ids.empty());
}

TEST_F(DataVersionsTest, only_followers_receive_it) {
    auto& host = host_with({{"shop", make_shop}, {"reader", make_reader}});
    EXPECT_EQ(host.followed_hints(),
              (std::map<std::string, std::set<std::string>>{{"reader", {"shop.changed"}}}));
    EXPECT_EQ(bus.receivers.size(), 1u);
}

}  // namespace
}  // namespace stagedoor
