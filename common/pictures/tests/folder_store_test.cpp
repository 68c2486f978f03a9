#include "common/pictures/folder_store.hpp"

#include <gtest/gtest.h>

#include <fstream>

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
    std::optional<std::string> get(std::string name) { return loop.wait_for(store.get(std::move(name))); }
    void remove(std::string name) { loop.wait_for(store.remove(std::move(name))); }
};

TEST_F(FolderStoreTest, keeps_files_until_they_are_removed) {
    std::string bytes{"\0\xFF picture", 10};
    put("one/480.jpg", bytes);
    put("one/1200.jpg", "larger");

    EXPECT_EQ(get("one/480.jpg"), bytes);
    remove("one/480.jpg");
    EXPECT_EQ(get("one/480.jpg"), std::nullopt);
    EXPECT_EQ(get("one/1200.jpg"), "larger");
}

TEST_F(FolderStoreTest, removes_what_is_gone_already_and_the_folder_of_the_last_file) {
    put("one/480.jpg", "small");
    remove("one/480.jpg");
    remove("one/480.jpg");
    remove("two/480.jpg");
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

TEST_F(FolderStoreTest, leaves_no_file_of_an_interrupted_write_to_be_served) {
    put("one/480.jpg", "small");
    for (const auto& each : std::filesystem::directory_iterator{folder.path() / "pictures/one"})
        EXPECT_EQ(each.path().filename(), "480.jpg");
}

}  // namespace
}  // namespace stagedoor::pictures
