// Moving events from an outbox to segments, and reading them from there, on SQLite and PostgreSQL.
#include "common/messaging/archiver.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/history/folder_storage.hpp"
#include "common/messaging/history_check.hpp"
#include "common/messaging/outbox_log.hpp"
#include "common/messaging/tests/counters.hpp"
#include "testing/databases/postgres_schema.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::outbox {
namespace {

using namespace std::chrono_literals;
using messaging::CounterNamed;
using messaging::CounterRaised;
using Versions = std::vector<std::int64_t>;

struct Killed : std::runtime_error {
    Killed() : std::runtime_error("killed") {}
};

// Throws Killed instead of, or after, the n-th call that reads or changes files.
class MortalStorage final : public history::Storage {
  public:
    explicit MortalStorage(std::filesystem::path folder) : files_(std::move(folder)) {}

    Task<> run(std::function<void()> work) override { return files_.run(std::move(work)); }
    void write(const std::string& name, std::string_view bytes) override {
        step();
        files_.write(name, bytes);
        step();
    }
    void sync(const std::string& name) override {
        step();
        files_.sync(name);
        step();
    }
    std::optional<std::string> read(const std::string& name) override {
        step();
        return files_.read(name);
    }
    std::vector<std::string> list(const std::string& folder) override { return files_.list(folder); }

    int steps_left = -1;  // -1: it lives for ever

  private:
    void step() {
        if (steps_left >= 0 && steps_left-- == 0) throw Killed{};
    }
    history::FolderStorage files_;
};

class ArchiverTest : public ::testing::TestWithParam<std::string> {
  protected:
    ArchiverTest() {
        if (GetParam() == "postgres") {
            postgres_.emplace();
            db_ = sql::open_postgres(postgres_->options(), clock_);
        } else {
            db_ = sql::open_sqlite({.path = folder_.file("counters.db"), .name = "counters"}, clock_);
        }
        db_->migrate(messaging::test_migrations());
        restart();
    }
    ~ArchiverTest() override { db_->close(); }

    // As after kill -9.
    void restart() {
        storage_.steps_left = -1;
        archiver_ = make_archiver();
        log_ = std::make_unique<Log>("counters", *db_, &storage_);
    }
    std::unique_ptr<Archiver> make_archiver() {
        return std::make_unique<Archiver>("counters", *db_, storage_, random_,
                                          Archiver::make_counter(metrics_, "counters"), options_);
    }

    template <class F>
    auto write(F fn) {
        return loop_.wait_for(db_->write(std::move(fn)));
    }
    void publish(int count) {
        write([&](sql::Tx& tx) {
            for (int i = 0; i < count; ++i) outbox::publish(tx, CounterRaised{"c", 1, ++last_version_});
        });
    }
    std::int64_t number(std::string statement) {
        return loop_.wait_for(
            db_->read([&](sql::Tx& tx) { return tx.find<std::int64_t>(statement).value(); }));
    }
    std::int64_t rows() { return number("SELECT count(*) FROM outbox"); }
    std::int64_t segments() { return number("SELECT count(*) FROM outbox_segments"); }
    std::string file_of(int segment) {
        auto all = loop_.wait_for(db_->read([](sql::Tx& tx) { return segments_after(tx, 0, 100); }));
        return (folder_.path() / "history" / all.at(static_cast<std::size_t>(segment - 1)).name).string();
    }

    bool step() { return loop_.wait_for(archiver_->step()) == Archiver::Result::more; }
    void move_all() {
        while (step()) {
        }
    }
    // Events that are old enough to move, as far as they fill segments.
    void publish_and_move(int count) {
        publish(count);
        clock_.advance(25h);
        move_all();
    }
    // The versions of all events, as a subscriber reads them in pages.
    Versions read_all(int page = 3) {
        Versions versions;
        for (std::int64_t position = 0;;) {
            auto entries = loop_.wait_for(log_->read_after(position, page));
            if (entries.empty()) return versions;
            for (const auto& each : entries) versions.push_back(each.event.version);
            position = entries.back().position;
        }
    }
    Versions all() const {
        Versions versions;
        for (std::int64_t i = 1; i <= last_version_; ++i) versions.push_back(i);
        return versions;
    }
    HistoryCheck check(const std::string& service = "counters") {
        return loop_.wait_for(check_history(service, *db_, &storage_, [](const SegmentRow&) {}));
    }

    // ---- a stream

    std::vector<history::Entry> claim(bus::Log::PublishResult last = {}, int limit = 100) {
        return loop_.wait_for(log_->claim(std::move(last), limit, 15s));
    }
    static bus::Log::PublishResult published(const std::vector<history::Entry>& entries,
                                             std::int64_t generation) {
        bus::Log::PublishResult result{.generation = generation, .last_sequence = 1};
        for (const auto& each : entries) result.published.push_back(each.position);
        return result;
    }
    std::int64_t begin_stream(const std::string& created) {
        auto known = loop_.wait_for(log_->known_stream());
        return loop_.wait_for(log_->begin_stream(known, {created, 0, 0})).generation;
    }
    // Publishes everything that the log wants to be published.
    Versions publish_to_stream(std::int64_t generation, int limit = 3) {
        Versions versions;
        bus::Log::PublishResult last;
        for (auto entries = claim({}, limit); !entries.empty(); entries = claim(last, limit)) {
            for (const auto& each : entries) versions.push_back(each.event.version);
            last = published(entries, generation);
        }
        return versions;
    }

    runtime::TemporaryFolder folder_;
    std::optional<sql::PostgresSchema> postgres_;
    runtime::ManualClock clock_;
    runtime::SeededRandom random_{42};
    runtime::Metrics metrics_;
    ArchiveOptions options_{.age = 24h, .max_events = 4};
    runtime::EventLoopThread loop_;  // outlives the storage
    MortalStorage storage_{folder_.path() / "history"};
    std::shared_ptr<sql::Database> db_;
    std::unique_ptr<Archiver> archiver_;
    std::unique_ptr<Log> log_;
    std::int64_t last_version_ = 0;
};

TEST_P(ArchiverTest, moves_full_segments_of_old_events) {
    publish(10);
    clock_.advance(25h);
    publish(3);
    move_all();
    EXPECT_EQ(segments(), 2);
    EXPECT_EQ(rows(), 5);
    EXPECT_EQ(read_all(), all());
    EXPECT_EQ(check().problem, "");
    EXPECT_EQ(check().events_in_segments, 8);
    EXPECT_EQ(check().events_in_outbox, 5);
}

TEST_P(ArchiverTest, leaves_young_events_alone) {
    publish(10);
    clock_.advance(23h);
    move_all();
    EXPECT_EQ(segments(), 0);
    EXPECT_EQ(rows(), 10);
}

TEST_P(ArchiverTest, ends_a_segment_with_its_month) {
    publish(3);
    clock_.advance(31 * 24h);
    publish(1);
    clock_.advance(31 * 24h);
    move_all();
    EXPECT_EQ(segments(), 1);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(read_all(), all());
}

TEST_P(ArchiverTest, ends_a_segment_at_its_size) {
    options_ = {.age = 24h, .max_bytes = 100};
    restart();
    publish_and_move(10);
    EXPECT_GT(segments(), 2);
    EXPECT_EQ(read_all(), all());
}

TEST_P(ArchiverTest, leaves_events_alone_that_the_stream_has_not_stored) {
    auto generation = begin_stream("first");
    publish_and_move(10);
    EXPECT_EQ(rows(), 10);
    (void)publish_to_stream(generation);
    move_all();
    EXPECT_EQ(rows(), 10);  // published just now: the stream may not be on disk
    clock_.advance(25h);
    move_all();
    EXPECT_EQ(rows(), 2);
}

TEST_P(ArchiverTest, one_of_two_replicas_moves_events) {
    publish(20);
    clock_.advance(25h);
    EXPECT_TRUE(step());
    auto other = make_archiver();
    using enum Archiver::Result;
    EXPECT_EQ(loop_.wait_for(other->step()), leased);
    clock_.advance(archiver_lease);
    EXPECT_EQ(loop_.wait_for(other->step()), more);
    EXPECT_EQ(loop_.wait_for(archiver_->step()), leased);
    while (loop_.wait_for(other->step()) == more) {
    }
    EXPECT_EQ(read_all(), all());
    EXPECT_EQ(check().problem, "");
}

TEST_P(ArchiverTest, takes_over_a_lease_that_a_wrong_clock_made_endless) {
    publish(20);
    clock_.advance(25h);
    write([&](sql::Tx& tx) {
        tx.execute("UPDATE outbox_archiver SET owner = 'another', lease_until = $1", clock_.now() + 24h);
    });
    EXPECT_TRUE(step());
}

// Wherever it is killed, events are in a segment or in the outbox or in both, never in neither.
TEST_P(ArchiverTest, loses_nothing_when_it_is_killed) {
    publish(9);
    clock_.advance(25h);
    auto kills = 0;
    for (int calls = 0; rows() > 1; ++calls) {
        storage_.steps_left = calls;
        try {
            move_all();
        } catch (const Killed&) {
            ++kills;
        }
        restart();
        EXPECT_EQ(read_all(), all()) << calls;
        EXPECT_EQ(check().problem, "") << calls;
        clock_.advance(2min);  // past the lease of the one that was killed
    }
    EXPECT_GE(kills, 5);
    EXPECT_EQ(segments(), 2);
}

TEST_P(ArchiverTest, continues_after_any_step) {
    publish(9);
    clock_.advance(25h);
    while (step()) {
        EXPECT_EQ(read_all(), all());
        EXPECT_EQ(check().problem, "");
        restart();
        clock_.advance(2min);
    }
    EXPECT_EQ(rows(), 1);
}

TEST_P(ArchiverTest, a_disk_that_stores_something_else_keeps_the_rows) {
    publish(9);
    clock_.advance(25h);
    EXPECT_TRUE(step());  // written and registered
    std::ofstream{file_of(1), std::ios::app} << "x";
    EXPECT_THROW(move_all(), history::SegmentError);
    EXPECT_EQ(rows(), 9);
}

TEST_P(ArchiverTest, lag_includes_moved_events) {
    publish_and_move(10);
    auto lag = loop_.wait_for(log_->lag_after(0));
    EXPECT_EQ(lag.events, 10);
    EXPECT_EQ(lag.by_entity.at("counter"), 10);
    EXPECT_EQ(loop_.wait_for(log_->lag_after(8)).events, 2);
}

// ---- a stream that lost everything

TEST_P(ArchiverTest, a_new_stream_gets_moved_events_again) {
    auto first = begin_stream("first");
    publish(10);
    (void)publish_to_stream(first);
    clock_.advance(50h);
    move_all();
    ASSERT_EQ(rows(), 2);
    EXPECT_TRUE(claim().empty());
    auto second = begin_stream("second");
    publish(1);
    EXPECT_EQ(publish_to_stream(second), (Versions{9, 10, 11, 1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_TRUE(claim().empty());
}

TEST_P(ArchiverTest, the_first_stream_gets_moved_events_first) {
    publish_and_move(10);
    ASSERT_EQ(rows(), 2);
    auto generation = begin_stream("first");
    EXPECT_EQ(publish_to_stream(generation), all());
    EXPECT_TRUE(claim().empty());
}

TEST_P(ArchiverTest, moved_events_that_were_not_stored_are_published_again) {
    publish_and_move(10);
    auto generation = begin_stream("first");
    auto entries = claim({}, 3);
    ASSERT_EQ(entries.size(), 3u);
    auto result = published(entries, generation);
    result.failed.push_back(result.published.back());
    result.published.pop_back();
    EXPECT_EQ(claim(result, 3), entries);
    restart();  // with its claim
    clock_.advance(20s);
    EXPECT_EQ(publish_to_stream(generation), all());
}

TEST_P(ArchiverTest, a_stream_that_is_lost_again_gets_moved_events_from_the_beginning) {
    publish_and_move(10);
    auto first = begin_stream("first");
    auto entries = claim({}, 3);
    (void)claim(published(entries, first), 0);
    auto second = begin_stream("second");
    EXPECT_EQ(publish_to_stream(second), all());
}

// A replica that has not noticed yet that the stream is another one.
TEST_P(ArchiverTest, progress_in_the_stream_before_does_not_count_in_the_next) {
    publish_and_move(10);
    auto first = begin_stream("first");
    auto late_entries = claim({}, 3);
    auto other = std::make_unique<Log>("counters", *db_, &storage_);
    auto second =
        loop_.wait_for(other->begin_stream(loop_.wait_for(other->known_stream()), {"second", 0, 0}));
    (void)claim(published(late_entries, first), 0);
    std::swap(log_, other);
    clock_.advance(1min);  // past the claim of the first
    EXPECT_EQ(publish_to_stream(second.generation), all());
}

TEST_P(ArchiverTest, unreadable_segments_that_no_stream_has_had_do_not_stop_new_events) {
    publish_and_move(10);
    for (int segment : {1, 2}) std::filesystem::remove(file_of(segment));
    auto first = begin_stream("first");
    EXPECT_EQ(publish_to_stream(first), (Versions{9, 10}));
}

TEST_P(ArchiverTest, recently_published_events_are_published_again_from_segments) {
    options_.age = 1min;
    restart();
    auto generation = begin_stream("first");
    publish(10);
    (void)publish_to_stream(generation);
    clock_.advance(2min);
    move_all();
    log_->republish_since(clock_.now() - 5min, clock_.now());
    auto again = publish_to_stream(generation);
    std::ranges::sort(again);
    EXPECT_EQ(again, all());
}

TEST_P(ArchiverTest, a_missing_file_does_not_stop_new_events) {
    auto first = begin_stream("first");
    publish(10);
    (void)publish_to_stream(first);
    clock_.advance(50h);
    move_all();
    std::filesystem::remove(file_of(1));
    auto second = begin_stream("second");
    publish(1);
    EXPECT_EQ(publish_to_stream(second), (Versions{9, 10, 11}));
}

// A row that is being published again while its segment is registered must not be removed under the relay.
TEST_P(ArchiverTest, a_claimed_row_stays_until_it_is_published) {
    auto generation = begin_stream("first");
    publish(5);
    (void)publish_to_stream(generation);
    clock_.advance(50h);
    EXPECT_TRUE(step());  // registered
    log_->republish_since(clock_.now() - 51h, clock_.now());
    auto entries = claim({}, 2);
    ASSERT_EQ(entries.size(), 2u);
    move_all();
    EXPECT_EQ(rows(), 3);
    (void)claim(published(entries, generation), 0);
    move_all();
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(read_all(), all());
}

// ---- what `history verify` finds

struct HistoryCheckTest : ArchiverTest {
    void SetUp() override {
        publish_and_move(13);
        ASSERT_EQ(segments(), 3);
        ASSERT_EQ(check().problem, "");
    }
    std::string name_of(int segment) {
        return std::filesystem::path{file_of(segment)}
            .lexically_relative(folder_.path() / "history")
            .string();
    }
};

TEST_P(HistoryCheckTest, finds_a_missing_file) {
    auto name = name_of(2);
    std::filesystem::remove(file_of(2));
    EXPECT_EQ(check().problem, name + " is missing");
}

TEST_P(HistoryCheckTest, finds_a_file_that_is_cut_off) {
    std::filesystem::resize_file(file_of(2), 50);
    EXPECT_EQ(check().problem, name_of(2) + " is cut off after 50 bytes");
}

TEST_P(HistoryCheckTest, finds_a_flipped_bit) {
    auto path = file_of(3);
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(-5, std::ios::end);
    file.put('\x55');
    file.close();
    EXPECT_EQ(check().problem, name_of(3) + " has damaged events: their digest does not match");
}

TEST_P(HistoryCheckTest, finds_a_segment_in_the_place_of_another) {
    std::filesystem::copy_file(file_of(1), file_of(2), std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(check().problem, name_of(2) + " is not the file whose digest the database has");
}

TEST_P(HistoryCheckTest, finds_a_broken_chain) {
    write([&](sql::Tx& tx) { tx.execute("DELETE FROM outbox_segments WHERE number = 1"); });
    EXPECT_EQ(check().problem, "counters: segment 1 is not in the database's list");
    write([&](sql::Tx& tx) { tx.execute("UPDATE outbox_segments SET number = number - 1"); });
    EXPECT_EQ(check().problem, name_of(1) + " is segment 2");
}

TEST_P(HistoryCheckTest, finds_segments_of_another_service) {
    EXPECT_EQ(check("reports").problem, name_of(1) + " belongs to counters");
}

TEST_P(HistoryCheckTest, finds_an_outbox_that_contradicts_a_segment) {
    write([&](sql::Tx& tx) {
        tx.execute(
            "INSERT INTO outbox(position, type, entity_id, version, time, traceparent, data)"
            " VALUES (3, 'counter.raised', 'c', 9, 0, '', '{}')");
    });
    EXPECT_EQ(check().problem, name_of(1) + " and the outbox have different events at position 3");
}

TEST_P(HistoryCheckTest, finds_other_counts_in_the_list) {
    write([&](sql::Tx& tx) { tx.execute("UPDATE outbox_segments SET events = 9 WHERE number = 2"); });
    EXPECT_EQ(check().problem, name_of(2) + " has other events than the database's list says");
}

TEST_P(HistoryCheckTest, reports_leftover_files_without_rejecting_them) {
    // One that lost its number to another replica, one that may still be being written, and something else.
    std::ofstream{folder_.file("history/counters/00000001-2026-01-0123456789abcdef.jsonl.zst")} << "x";
    std::ofstream{folder_.file("history/counters/00000009-2026-01-0123456789abcdef.jsonl.zst")} << "x";
    std::ofstream{folder_.file("history/counters/notes")} << "x";
    EXPECT_EQ(check().problem, "");
    EXPECT_EQ(check().leftover,
              std::vector<std::string>{"counters/00000001-2026-01-0123456789abcdef.jsonl.zst"});
}

TEST_P(HistoryCheckTest, needs_the_folder) {
    auto result = loop_.wait_for(check_history("counters", *db_, nullptr, [](const SegmentRow&) {}));
    EXPECT_EQ(result.problem, name_of(1) + " can't be read: no folder for segments is set");
    Log without{"counters", *db_};
    EXPECT_THROW((void)loop_.wait_for(without.read_after(0, 10)), history::SegmentError);
}

const auto databases = ::testing::Values("sqlite", "postgres");
const auto name = [](const auto& info) { return info.param; };
INSTANTIATE_TEST_SUITE_P(Databases, ArchiverTest, databases, name);
INSTANTIATE_TEST_SUITE_P(Databases, HistoryCheckTest, databases, name);

}  // namespace
}  // namespace stagedoor::outbox
