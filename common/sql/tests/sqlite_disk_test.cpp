// What a broken file, a full disk and a sudden death do to a SQLite database: an error that says so, and
// nothing that was answered is lost.
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

// A database in `path` with a table of texts.
class Disk {
  public:
    explicit Disk(const std::string& path) : database(open_sqlite({.path = path, .name = "test"}, clock)) {
        database->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"}});
    }
    ~Disk() { database->close(); }

    template <class F>
    auto start_write(F fn) {
        return loop.start(database->write(std::move(fn)));
    }
    void add(const std::string& id) {
        start_write([&](Tx& tx) { add_thing(tx, id); }).get();
    }
    std::vector<std::string> things() {
        return loop.wait_for(database->read(
            [](Tx& tx) { return tx.query<std::string>("SELECT id FROM things ORDER BY id"); }));
    }
    void check() { loop.wait_for(database->check()); }

    EventLoopThread loop;  // outlives the database, whose threads post to it
    runtime::ManualClock clock;
    std::unique_ptr<Database> database;
};

std::string reason_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const DatabaseError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

void expect_reason(const std::string& part, const std::function<void()>& action) {
    auto reason = reason_of(action);
    EXPECT_TRUE(reason.contains(part)) << reason;
    EXPECT_FALSE(reason.contains('\n'));
}

std::string big(char letter) { return std::string(200'000, letter); }

// ---- damaged files

TEST(SqliteDisk, a_file_that_is_something_else_is_refused) {
    TemporaryFolder folder;
    std::ofstream{folder.file("a.db")} << std::string(10'000, 'x');
    expect_reason("not a SQLite database", [&] { Disk{folder.file("a.db")}; });
}

TEST(SqliteDisk, a_damaged_schema_is_found_when_opening) {
    TemporaryFolder folder;
    {
        Disk{folder.file("a.db")}.add("a");
    }
    {
        std::fstream file{folder.file("a.db"), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(100);
        file << std::string(3'000, '\xEE');
    }
    expect_reason("damaged", [&] { Disk{folder.file("a.db")}; });
}

TEST(SqliteDisk, damaged_rows_are_told_where_they_are_met) {
    TemporaryFolder folder;
    {
        Disk disk{folder.file("a.db")};
        for (int i = 0; i < 100; ++i) disk.add(std::to_string(i) + std::string(1'000, 'x'));
    }
    {
        std::fstream file{folder.file("a.db"), std::ios::in | std::ios::out | std::ios::binary};
        auto size = std::filesystem::file_size(folder.file("a.db"));
        for (std::uintmax_t page = 4 * 4096; page + 4096 <= size; page += 4096) {
            file.seekp(static_cast<std::streamoff>(page));
            file << std::string(200, '\xEE');
        }
    }
    Disk disk{folder.file("a.db")};
    expect_reason("damaged", [&] { (void)disk.things(); });
}

TEST(SqliteDisk, a_folder_that_cannot_be_made_is_told) {
    expect_reason("/proc/nowhere", [] { Disk{"/proc/nowhere/a.db"}; });
}

// ---- no space

void limit_pages(Disk& disk, int pages) {
    disk.start_write([pages](Tx& tx) {
            (void)tx.query<std::int64_t>("PRAGMA max_page_count = " + std::to_string(pages));
        })
        .get();
}

TEST(SqliteDisk, when_it_is_full_those_that_still_fit_go_through) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    limit_pages(disk, 60);
    HeldWriter held{*disk.database, disk.loop};
    std::atomic<int> runs = 0;
    auto first = disk.start_write([&](Tx& tx) {
        ++runs;
        add_thing(tx, "first");
    });
    auto too_big = disk.start_write([](Tx& tx) {
        add_thing(tx, big('a'));
        add_thing(tx, big('b'));
    });
    auto last = disk.start_write([](Tx& tx) { add_thing(tx, "last"); });
    disk.catch_up(loop);
    held.let_go();
    EXPECT_NO_THROW(first.get());
    expect_reason("disk is full", [&] { too_big.get(); });
    EXPECT_NO_THROW(last.get());
    EXPECT_EQ(runs, 2) << "once with the group that ended, once by itself";
    EXPECT_EQ(disk.things(), (std::vector<std::string>{"first", "last"}));
}

TEST(SqliteDisk, a_function_that_ignores_the_end_of_its_transaction_fails) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    limit_pages(disk, 30);
    auto careless = disk.start_write([](Tx& tx) {
        add_thing(tx, "before");
        EXPECT_THROW(add_thing(tx, big('a')), DatabaseError);
        add_thing(tx, "after");
    });
    EXPECT_THROW(careless.get(), DatabaseError);
    auto more_careless =
        disk.start_write([](Tx& tx) { EXPECT_THROW(add_thing(tx, big('a')), DatabaseError); });
    EXPECT_THROW(more_careless.get(), DatabaseError);
    EXPECT_TRUE(disk.things().empty());
}

// Lets no file of this program grow past `bytes`, as a full disk would.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limited{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limited);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

  private:
    rlimit before_{};
};

TEST(SqliteDisk, a_log_that_cannot_grow_fails_the_commit_and_works_again_afterwards) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    disk.add("before");
    {
        FileSizeLimit limit{64 * 1024};
        HeldWriter held{*disk.database, disk.loop};
        auto one = disk.start_write([](Tx& tx) { add_thing(tx, big('a')); });
        auto two = disk.start_write([](Tx& tx) { add_thing(tx, big('b')); });
        disk.catch_up(loop);
        held.let_go();
        expect_reason("look after the disk", [&] { one.get(); });
        expect_reason("look after the disk", [&] { two.get(); });
    }
    EXPECT_NO_THROW(disk.check()) << "it tries a write of its own";
    disk.add("after");
    EXPECT_EQ(disk.things(), (std::vector<std::string>{"after", "before"}));
}

TEST(SqliteDisk, is_not_ready_while_nothing_can_be_written) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    {
        FileSizeLimit limit{0};
        EXPECT_THROW(disk.add("lost"), DatabaseError);
        EXPECT_THROW(disk.check(), DatabaseError);
        EXPECT_TRUE(disk.things().empty()) << "reading goes on";
    }
    EXPECT_NO_THROW(disk.check());
}

void fill_and_empty_a_small_disk() {
    TemporaryFolder folder;
    Disk disk{folder.file("small/a.db")};
    std::ofstream{folder.file("small/filler")} << std::string(700'000, 'x');
    std::vector<std::string> kept;
    std::string reason;
    for (int i = 0; i < 100 && reason.empty(); ++i) {
        auto id = std::to_string(1000 + i) + std::string(20'000, 'x');
        try {
            disk.add(id);
            kept.push_back(id);
        } catch (const DatabaseError& error) {
            reason = error.what();
        }
    }
    EXPECT_TRUE(reason.contains("disk is full")) << reason;
    std::filesystem::remove(folder.file("small/filler"));
    EXPECT_NO_THROW(disk.check());
    disk.add("z");
    kept.emplace_back("z");
    EXPECT_EQ(disk.things(), kept);
}

TEST(SqliteDisk, a_small_disk_fills_up_and_is_used_again_when_there_is_space) {
    bool permitted = false;
    std::jthread apart{[&] {
        // In a name space of this thread and those it starts: the mount ends with them.
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return;
        auto place = std::filesystem::temp_directory_path();
        permitted = mount("none", place.c_str(), "tmpfs", 0, "size=1m") == 0;
        if (permitted) fill_and_empty_a_small_disk();
    }};
    apart.join();
    if (!permitted) GTEST_SKIP() << "no permission to mount a file system";
}

// ---- sudden death

constexpr auto place_of_the_doomed = "STAGEDOOR_SQL_TEST_DOOMED";

Task<> count_up(Database& database, int from, int step) {
    for (auto number = from;; number += step) {
        co_await database.write([&](Tx& tx) { add_thing(tx, std::to_string(number), number); });
        auto line = "answered " + std::to_string(number) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
    }
}

// Run by the test below in a process of its own, until it is killed.
TEST(SqliteDoomed, writes_until_it_is_killed) {
    const auto* path = getenv(place_of_the_doomed);
    if (!path) GTEST_SKIP() << "only run by what_was_answered_survives_sudden_death";
    Disk disk{path};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 8; ++i) all.push_back(disk.loop.start(count_up(*disk.database, i, 8)));
    for (auto& each : all) each.get();
}

struct Doomed {
    pid_t process = 0;
    FILE* output = nullptr;
};

Doomed start_doomed(const std::string& path) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    setenv(place_of_the_doomed, path.c_str(), 1);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=SqliteDoomed.*";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    Doomed doomed;
    auto failed = posix_spawn(&doomed.process, program.c_str(), &actions, nullptr, arguments, environ);
    unsetenv(place_of_the_doomed);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed) throw std::runtime_error("no process");
    doomed.output = fdopen(ends[0], "r");
    return doomed;
}

std::optional<std::int64_t> answered_number(std::string_view line) {
    constexpr std::string_view start = "answered ";
    std::int64_t number = 0;
    if (!line.starts_with(start) || !line.ends_with('\n')) return std::nullopt;
    std::from_chars(line.data() + start.size(), line.data() + line.size(), number);
    return number;
}

TEST(SqliteDisk, what_was_answered_survives_sudden_death) {
    TemporaryFolder folder;
    std::set<std::int64_t> answered;
    for (int round = 0; round < 3; ++round) {
        auto path = folder.file("doomed" + std::to_string(round) + ".db");
        auto doomed = start_doomed(path);
        auto kill_at = 200U + 150U * static_cast<unsigned>(round);
        answered.clear();
        char line[256];
        while (fgets(line, sizeof line, doomed.output)) {
            if (auto number = answered_number(line)) answered.insert(*number);
            if (answered.size() == kill_at) kill(doomed.process, SIGKILL);
        }
        fclose(doomed.output);
        int status = 0;
        waitpid(doomed.process, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        ASSERT_GE(answered.size(), kill_at);

        Disk disk{path};
        auto there = disk.loop.wait_for(
            disk.database->read([](Tx& tx) { return tx.query<std::int64_t>("SELECT number FROM things"); }));
        std::set<std::int64_t> stored{there.begin(), there.end()};
        EXPECT_TRUE(std::ranges::includes(stored, answered));
        EXPECT_LE(stored.size(), answered.size() + 8) << "at most what was under way";
    }
}

}  // namespace
}  // namespace stagedoor::sql
