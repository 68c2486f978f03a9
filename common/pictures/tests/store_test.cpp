// What both stores promise.
#include "common/pictures/store.hpp"

#include <gtest/gtest.h>

#include "common/pictures/folder_store.hpp"
#include "common/pictures/s3_store.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "testing/servers/s3_server.hpp"

namespace stagedoor::pictures {
namespace {

// One server for all tests: it starts slowly, and names tell the tests apart.
testing::S3Server& bucket() {
    static testing::S3Server server;
    return server;
}

class PictureStore : public ::testing::TestWithParam<const char*> {
  protected:
    PictureStore() {
        if (GetParam() == std::string_view{"folder"}) {
            store = std::make_unique<FolderStore>(folder.path() / "pictures");
            return;
        }
        transport = outbound::make_transport();
        store = std::make_unique<S3Store>(
            *transport, *clock,
            S3Options{.url = bucket().bucket_url() + "/" + folder.path().filename().string(),
                      .credentials = {bucket().region, bucket().access_key, bucket().secret_key}});
    }
    ~PictureStore() override {
        store->close();
        if (transport) transport->close();
    }

    void put(std::string name, std::string bytes) {
        loop.wait_for(store->put(std::move(name), std::move(bytes)));
    }
    std::optional<std::string> get(std::string name) { return loop.wait_for(store->get(std::move(name))); }
    void remove(std::string name) { loop.wait_for(store->remove(std::move(name))); }

    runtime::TemporaryFolder folder;
    runtime::EventLoopThread loop;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(loop.executor());
    std::unique_ptr<outbound::Transport> transport;
    std::unique_ptr<Store> store;
};

TEST_P(PictureStore, keeps_files_until_they_are_removed) {
    std::string bytes{"\0\xFF\r\n picture", 12};
    put("one/480.jpg", bytes);
    put("one/1200.jpg", "larger");

    EXPECT_EQ(get("one/480.jpg"), bytes);
    remove("one/480.jpg");
    EXPECT_EQ(get("one/480.jpg"), std::nullopt);
    EXPECT_EQ(get("one/1200.jpg"), "larger");
}

TEST_P(PictureStore, lacks_what_was_never_put) { EXPECT_EQ(get("one/480.jpg"), std::nullopt); }

TEST_P(PictureStore, removes_what_is_gone_already) {
    put("one/480.jpg", "small");
    remove("one/480.jpg");
    remove("one/480.jpg");
    remove("two/480.jpg");
    EXPECT_EQ(get("one/480.jpg"), std::nullopt);
}

// As after a crash or a lost response.
TEST_P(PictureStore, takes_the_same_file_again) {
    put("one/480.jpg", "small");
    put("one/480.jpg", "small");
    EXPECT_EQ(get("one/480.jpg"), "small");
}

TEST_P(PictureStore, keeps_empty_and_large_files) {
    std::string large(2'500'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i % 251);
    put("one/empty", "");
    put("one/1200.jpg", large);
    EXPECT_EQ(get("one/empty"), "");
    EXPECT_TRUE(get("one/1200.jpg") == large);
}

TEST_P(PictureStore, serves_many_at_a_time) {
    std::vector<std::future<void>> puts;
    for (int i = 0; i < 20; ++i)
        puts.push_back(loop.start(store->put("one/" + std::to_string(i), std::to_string(i))));
    for (auto& each : puts) each.get();
    std::vector<std::future<std::optional<std::string>>> gets;
    for (int i = 0; i < 20; ++i) gets.push_back(loop.start(store->get("one/" + std::to_string(i))));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(gets[static_cast<std::size_t>(i)].get(), std::to_string(i));
}

INSTANTIATE_TEST_SUITE_P(Stores, PictureStore, ::testing::Values("folder", "s3"),
                         [](const auto& each) { return std::string{each.param}; });

}  // namespace
}  // namespace stagedoor::pictures
