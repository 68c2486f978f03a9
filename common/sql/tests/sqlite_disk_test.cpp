// Damaged files, full disks and killed processes: the error names the cause, and no confirmed write is lost.
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

// A database at `path` with a table `things`, and a loop to use it from.
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

TEST(SqliteDisk, a_file_that_is_no_database_is_rejected) {
    TemporaryFolder folder;
    std::ofstream{folder.file("a.db")} << std::string(10'000, 'x');
    expect_reason("not a SQLite database", [&] { Disk{folder.file("a.db")}; });
}

TEST(SqliteDisk, a_damaged_schema_is_detected_on_open) {
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

TEST(SqliteDisk, damaged_rows_are_reported_when_read) {
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

TEST(SqliteDisk, an_error_names_the_folder_that_cannot_be_created) {
    expect_reason("/proc/nowhere", [] { Disk{"/proc/nowhere/a.db"}; });
}

// ---- no space

void limit_pages(Disk& disk, int pages) {
    disk.start_write([pages](Tx& tx) {
            (void)tx.query<std::int64_t>("PRAGMA max_page_count = " + std::to_string(pages));
        })
        .get();
}

TEST(SqliteDisk, on_a_full_disk_transactions_that_still_fit_succeed) {
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
    catch_up(disk.loop);
    held.release();
    EXPECT_NO_THROW(first.get());
    expect_reason("disk is full", [&] { too_big.get(); });
    EXPECT_NO_THROW(last.get());
    EXPECT_EQ(runs, 2) << "once with the failed group, once alone";
    EXPECT_EQ(disk.things(), (std::vector<std::string>{"first", "last"}));
}

TEST(SqliteDisk, a_function_that_ignores_an_error_that_ended_its_transaction_fails) {
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

// Keeps every file of this program from growing past `bytes`, like a full disk.
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

TEST(SqliteDisk, a_log_that_cannot_grow_fails_the_commit_and_later_commits_work_again) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    disk.add("before");
    {
        FileSizeLimit limit{64 * 1024};
        HeldWriter held{*disk.database, disk.loop};
        auto one = disk.start_write([](Tx& tx) { add_thing(tx, big('a')); });
        auto two = disk.start_write([](Tx& tx) { add_thing(tx, big('b')); });
        catch_up(disk.loop);
        held.release();
        expect_reason("check the disk", [&] { one.get(); });
        expect_reason("check the disk", [&] { two.get(); });
    }
    EXPECT_NO_THROW(disk.check()) << "the check itself tries to write";
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
        EXPECT_TRUE(disk.things().empty()) << "reads still work";
    }
    EXPECT_NO_THROW(disk.check());
}

TEST(SqliteDisk, an_idle_service_notices_that_nothing_can_be_written) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    disk.add("a");
    {
        FileSizeLimit limit{0};
        EXPECT_NO_THROW(disk.check()) << "a write has just succeeded";
        disk.clock.advance(std::chrono::seconds{5});
        EXPECT_THROW(disk.check(), DatabaseError);
        disk.start_write([](Tx& tx) { (void)tx.find<std::int64_t>("SELECT count(*) FROM things"); }).get();
        EXPECT_THROW(disk.check(), DatabaseError) << "a transaction that writes nothing proves nothing";
    }
    EXPECT_NO_THROW(disk.check());
}

// A connection opened while its file system was read-only stays read-only; this one is made so.
TEST(SqliteDisk, a_connection_that_became_read_only_is_replaced) {
    TemporaryFolder folder;
    Disk disk{folder.file("a.db")};
    disk.add("before");
    disk.start_write([](Tx& tx) { tx.execute("PRAGMA query_only = ON"); }).get();
    try {
        disk.add("refused");
        ADD_FAILURE() << "written";
    } catch (const DatabaseError& error) {
        EXPECT_EQ(error.state, "is read-only");
        EXPECT_TRUE(std::string_view{error.what()}.contains("file system writable")) << error.what();
    }
    EXPECT_NO_THROW(disk.check());
    disk.add("after");
    EXPECT_EQ(disk.things(), (std::vector<std::string>{"after", "before"}));
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

TEST(SqliteDisk, a_full_disk_is_used_again_once_there_is_space) {
    bool permitted = false;
    std::jthread isolated{[&] {
        // In a mount namespace of this thread and its children: the mount ends with them.
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return;
        auto folder = std::filesystem::temp_directory_path();
        permitted = mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
        if (permitted) fill_and_empty_a_small_disk();
    }};
    isolated.join();
    if (!permitted) GTEST_SKIP() << "no permission to mount a file system";
}

// ---- killed processes

constexpr auto path_variable = "STAGEDOOR_SQL_TEST_VICTIM";

Task<> count_up(Database& database, int from, int step) {
    for (auto number = from;; number += step) {
        co_await database.write([&](Tx& tx) { add_thing(tx, std::to_string(number), number); });
        auto line = "confirmed " + std::to_string(number) + "\n";
        if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
    }
}

// The next test runs this one in another process and kills it.
TEST(SqliteVictim, writes_until_it_is_killed) {
    const auto* path = getenv(path_variable);
    if (!path) GTEST_SKIP() << "only run by confirmed_writes_survive_a_killed_process";
    Disk disk{path};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 8; ++i) all.push_back(disk.loop.start(count_up(*disk.database, i, 8)));
    for (auto& each : all) each.get();
}

struct Victim {
    pid_t process = 0;
    FILE* output = nullptr;
};

Victim start_victim(const std::string& path) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    setenv(path_variable, path.c_str(), 1);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=SqliteVictim.*";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    Victim victim;
    auto failed = posix_spawn(&victim.process, program.c_str(), &actions, nullptr, arguments, environ);
    unsetenv(path_variable);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed) throw std::runtime_error("no process");
    victim.output = fdopen(ends[0], "r");
    return victim;
}

std::optional<std::int64_t> confirmed_number(std::string_view line) {
    constexpr std::string_view start = "confirmed ";
    std::int64_t number = 0;
    if (!line.starts_with(start) || !line.ends_with('\n')) return std::nullopt;
    std::from_chars(line.data() + start.size(), line.data() + line.size(), number);
    return number;
}

TEST(SqliteDisk, confirmed_writes_survive_a_killed_process) {
    TemporaryFolder folder;
    std::set<std::int64_t> confirmed;
    for (int round = 0; round < 3; ++round) {
        auto path = folder.file("victim" + std::to_string(round) + ".db");
        auto victim = start_victim(path);
        auto kill_at = 200U + 150U * static_cast<unsigned>(round);
        confirmed.clear();
        char line[256];
        while (fgets(line, sizeof line, victim.output)) {
            if (auto number = confirmed_number(line)) confirmed.insert(*number);
            if (confirmed.size() == kill_at) kill(victim.process, SIGKILL);
        }
        fclose(victim.output);
        int status = 0;
        waitpid(victim.process, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        ASSERT_GE(confirmed.size(), kill_at);

        Disk disk{path};
        auto rows = disk.loop.wait_for(
            disk.database->read([](Tx& tx) { return tx.query<std::int64_t>("SELECT number FROM things"); }));
        std::set<std::int64_t> stored{rows.begin(), rows.end()};
        EXPECT_TRUE(std::ranges::includes(stored, confirmed));
        EXPECT_LE(stored.size(), confirmed.size() + 8) << "at most those in flight are unconfirmed";
    }
}

}  // namespace
}  // namespace stagedoor::sql
