#include "common/history/segment.hpp"

#include <gtest/gtest.h>

#include "common/history/folder_storage.hpp"
#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::history {
namespace {

constexpr Instant august{1'785'600'000'000};  // 2026-08-01T16:00:00Z

std::vector<Entry> some_entries(std::int64_t count = 3) {
    std::vector<Entry> entries;
    for (std::int64_t i = 1; i <= count; ++i) {
        entries.push_back({10 * i,
                           {i % 2 ? "order.created" : "stock.set", "orders", "id-" + std::to_string(i), i,
                            august + std::chrono::seconds{i}, i == 1 ? "00-trace" : "",
                            R"({"price":19.90,"title":"Käthe \"K\" \u0001","version":)" + std::to_string(i) +
                                R"(,"items":[1e3,null,true]})"}});
    }
    return entries;
}

std::string problem_with(std::string_view bytes) {
    try {
        (void)unpack(bytes);
    } catch (const SegmentError& error) {
        return error.what();
    }
    return "";
}

TEST(Segment, returns_what_was_packed) {
    auto entries = some_entries();
    auto packed = pack("orders", 7, std::string(64, 'a'), entries);
    auto segment = unpack(packed.bytes);
    EXPECT_EQ(segment.entries, entries);
    EXPECT_EQ(segment.header, packed.header);
    EXPECT_EQ(segment.digest, packed.digest);
    EXPECT_EQ(segment.header.service, "orders");
    EXPECT_EQ(segment.header.number, 7);
    EXPECT_EQ(segment.header.first_position, 10);
    EXPECT_EQ(segment.header.last_position, 30);
    EXPECT_EQ(segment.header.events, 3);
    EXPECT_EQ(segment.header.previous, std::string(64, 'a'));
    EXPECT_EQ(segment.header.entities, (std::vector<EntityCount>{{"order", 2}, {"stock", 1}}));
}

TEST(Segment, keeps_data_byte_for_byte) {
    auto entries = some_entries();
    entries[1].event.data = R"({ "b" : 1.0, "a":"\u00e9" })";
    EXPECT_EQ(unpack(pack("orders", 1, "", entries).bytes).entries, entries);
}

TEST(Segment, is_named_by_service_number_month_and_digest) {
    auto packed = pack("orders", 7, "", some_entries());
    EXPECT_EQ(packed.name(), "orders/00000007-2026-08-" + packed.digest.substr(0, 16) + ".jsonl.zst");
}

TEST(Segment, has_a_digest_that_covers_the_one_before_it) {
    auto entries = some_entries();
    EXPECT_EQ(pack("orders", 2, "a", entries).digest, pack("orders", 2, "a", entries).digest);
    EXPECT_NE(pack("orders", 2, "a", entries).digest, pack("orders", 2, "b", entries).digest);
}

TEST(Segment, is_rejected_wherever_it_is_cut_off) {
    auto bytes = pack("orders", 1, "", some_entries()).bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_NE(problem_with(std::string_view{bytes}.substr(0, size)), "") << size;
    EXPECT_EQ(problem_with(""), "is empty");
    EXPECT_EQ(problem_with(std::string_view{bytes}.substr(0, 100)), "is cut off after 100 bytes");
    EXPECT_EQ(problem_with(std::string_view{bytes}.substr(0, bytes.size() - 1)),
              "has damaged events: their digest does not match");
    EXPECT_EQ(problem_with(bytes + "x"), "has damaged events: their digest does not match");
}

TEST(Segment, is_rejected_whichever_bit_has_flipped) {
    const auto bytes = pack("orders", 1, "", some_entries()).bytes;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        auto damaged = bytes;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
        EXPECT_NE(problem_with(damaged), "") << bit;
    }
}

TEST(Segment, is_rejected_if_it_is_something_else) {
    EXPECT_EQ(problem_with("SQLite format 3"), "is not a segment");
}

TEST(Segment, is_rejected_with_events_of_another_service) {
    auto entries = some_entries();
    entries[1].event.source = "tickets";
    EXPECT_EQ(problem_with(pack("orders", 1, "", entries).bytes), "has an event of tickets");
}

TEST(Segment, is_rejected_with_positions_out_of_order) {
    auto entries = some_entries(4);
    std::swap(entries[1], entries[2]);
    EXPECT_EQ(problem_with(pack("orders", 1, "", entries).bytes), "has position 20 after 30");
}

TEST(Segment, compresses_events) {
    auto entries = some_entries(2'000);
    auto packed = pack("orders", 1, "", entries);
    EXPECT_LT(packed.bytes.size() * 4, static_cast<std::size_t>(packed.header.text_bytes));
}

struct FolderStorageTest : ::testing::Test {
    template <class F>
    auto in_storage(F fn) {
        std::invoke_result_t<F> result;
        loop_.wait_for(storage_.run([&] { result = fn(); }));
        return result;
    }
    void write(const std::string& name, const std::string& bytes) {
        loop_.wait_for(storage_.run([&] {
            storage_.write(name, bytes);
            storage_.sync(name);
        }));
    }
    auto read(const std::string& name) {
        return in_storage([&] { return storage_.read(name); });
    }

    runtime::TemporaryFolder folder_;
    runtime::EventLoopThread loop_;  // outlives the storage
    FolderStorage storage_{folder_.path() / "new" / "history"};
};

TEST_F(FolderStorageTest, reads_what_was_written) {
    EXPECT_EQ(read("orders/1"), std::nullopt);
    write("orders/2", "two");
    write("orders/1", std::string(3'000'000, 'x'));
    EXPECT_EQ(read("orders/2"), "two");
    EXPECT_EQ(read("orders/1"), std::string(3'000'000, 'x'));
    EXPECT_EQ(in_storage([&] { return storage_.list("orders"); }),
              (std::vector<std::string>{"orders/1", "orders/2"}));
    EXPECT_TRUE(in_storage([&] { return storage_.list("tickets"); }).empty());
}

TEST_F(FolderStorageTest, replaces_a_damaged_file_and_leaves_no_other_behind) {
    write("orders/1", "half");
    write("orders/1", "whole");
    EXPECT_EQ(read("orders/1"), "whole");
    EXPECT_EQ(in_storage([&] { return storage_.list("orders"); }).size(), 1u);
}

TEST_F(FolderStorageTest, reports_what_it_cannot_do) {
    write("orders/1", "one");
    EXPECT_THROW(write("orders/1/2", "in a file"), std::runtime_error);
    EXPECT_THROW(loop_.wait_for(storage_.run([&] { storage_.sync("orders/9"); })), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::history
