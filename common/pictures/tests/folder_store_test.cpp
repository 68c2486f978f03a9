#include "common/pictures/folder_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "common/errors.hpp"
#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::pictures {
namespace {

struct FolderStoreTest : ::testing::Test {
    runtime::TemporaryFolder folder;
    runtime::EventLoopThread loop;  // outlives the threads that hand results to it
    FolderStore store{folder.path() / "pictures"};

    void put(std::string name, std::string bytes) {
        loop.wait_for(store.put(std::move(name), std::move(bytes)));
    }
    void remove(std::string name) { loop.wait_for(store.remove(std::move(name))); }
};

TEST_F(FolderStoreTest, removes_the_folder_with_its_last_file) {
    put("one/480.jpg", "small");
    remove("one/480.jpg");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "pictures/one"));
}

TEST_F(FolderStoreTest, removes_what_a_crash_left_of_writing_a_file) {
    put("one/480.jpg", "small");
    std::ofstream{folder.path() / "pictures" / "one" / "480.jpg.new-a1B2c3"} << "sm";
    remove("one/480.jpg");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "pictures" / "one"));
}

TEST_F(FolderStoreTest, is_unavailable_when_the_disk_fails) {
    std::ofstream{folder.path() / "file"} << "in the way";
    FolderStore broken{folder.path() / "file"};
    EXPECT_THROW(loop.wait_for(broken.put("one/480.jpg", "small")), Unavailable);
}

// A read from a slow disk hands its result to the loop of the request, which ends with the program.
TEST_F(FolderStoreTest, is_closed_when_its_last_read_has_ended) {
    put("one/480.jpg", "small");
    auto slow = folder.path() / "pictures" / "one" / "1200.jpg";
    ASSERT_EQ(::mkfifo(slow.c_str(), 0600), 0);
    auto of_requests = std::make_unique<runtime::EventLoopThread>();
    auto reading = of_requests->start(store.get("one/1200.jpg"));
    auto waiting = of_requests->start(store.get("one/480.jpg"));
    std::ofstream disk{slow};  // opens when it is being read
    of_requests->stop();

    auto closing = std::async(std::launch::async, [this] { store.close(); });
    disk << "the first half";
    disk.flush();
    EXPECT_EQ(closing.wait_for(std::chrono::milliseconds{20}), std::future_status::timeout);
    disk.close();
    closing.get();
    of_requests.reset();  // nothing is left that would use it
    for (auto* each : {&reading, &waiting}) EXPECT_THROW((void)each->get(), std::future_error);
}

TEST_F(FolderStoreTest, leaves_no_file_of_an_interrupted_write_to_be_served) {
    put("one/480.jpg", "small");
    for (const auto& each : std::filesystem::directory_iterator{folder.path() / "pictures/one"})
        EXPECT_EQ(each.path().filename(), "480.jpg");
}

}  // namespace
}  // namespace stagedoor::pictures
