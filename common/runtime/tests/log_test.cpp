#include "common/runtime/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

namespace stagedoor {
namespace {

// What `write_lines` writes to standard error.
template <class F>
std::string logged(log::Level min_level, F write_lines) {
    ::testing::internal::CaptureStderr();
    log::start(min_level);
    write_lines();
    log::stop();
    return ::testing::internal::GetCapturedStderr();
}

// The line for `value` without its time and level.
std::string line_of(std::string value) {
    auto text =
        logged(log::Level::info, [&] { log::info("happened", {{"value", std::move(value)}, {"next", 1}}); });
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    auto event = text.find("happened");
    return event == std::string::npos ? text : text.substr(event, text.size() - event - 1);
}

TEST(Log, a_line_has_time_level_event_and_fields) {
    auto text = logged(log::Level::info, [] {
        log::warning("order placed", {{"order", "o-1"}, {"tickets", 3}, {"share", 0.5}});
    });
    EXPECT_TRUE(
        std::regex_match(text, std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning order placed)"
                                          R"( order=o-1 tickets=3 share=0\.5\n)"}))
        << text;
}

TEST(Log, quotes_all_values_that_are_not_plain) {
    EXPECT_EQ(line_of("plain-1.2/x:y"), "happened value=plain-1.2/x:y next=1");
    EXPECT_EQ(line_of(""), R"(happened value="" next=1)");
    EXPECT_EQ(line_of("two words"), R"(happened value="two words" next=1)");
    EXPECT_EQ(line_of("Bühne"), "happened value=Bühne next=1");
}

TEST(Log, a_value_cannot_forge_a_field_or_a_line) {
    EXPECT_EQ(line_of("x next=2"), R"(happened value="x next=2" next=1)");
    EXPECT_EQ(line_of("next=2"), R"(happened value="next=2" next=1)");
    EXPECT_EQ(line_of("x\" next=\"2"), R"(happened value="x\" next=\"2" next=1)");
    EXPECT_EQ(line_of("x\\"), R"(happened value="x\\" next=1)");
    EXPECT_EQ(line_of("x\\\" next=2"), R"(happened value="x\\\" next=2" next=1)");
    EXPECT_EQ(line_of("x\n2026-01-01T00:00:00.000Z error forged"),
              R"(happened value="x\n2026-01-01T00:00:00.000Z error forged" next=1)");
    EXPECT_EQ(line_of("x\r\x1b[2Jy\x7F"), R"(happened value="x??[2Jy?" next=1)");
    EXPECT_EQ(line_of(std::string("x\0y", 3)), R"(happened value="x?y" next=1)");
}

TEST(Log, a_value_that_looks_like_a_format_string_is_written_unchanged) {
    EXPECT_EQ(line_of("{}%s{0}%n"), "happened value={}%s{0}%n next=1");
}

TEST(Log, writes_nothing_below_its_level) {
    auto all = [] {
        log::debug("one");
        log::info("two");
        log::warning("three");
        log::error("four");
    };
    EXPECT_EQ(std::ranges::count(logged(log::Level::debug, all), '\n'), 4);
    EXPECT_EQ(std::ranges::count(logged(log::Level::warning, all), '\n'), 2);
    EXPECT_EQ(logged(log::Level::off, all), "");
}

TEST(Log, knows_which_levels_are_enabled) {
    logged(log::Level::warning, [] {
        EXPECT_FALSE(log::enabled(log::Level::info));
        EXPECT_TRUE(log::enabled(log::Level::warning));
    });
    EXPECT_FALSE(log::enabled(log::Level::error));  // after stop()
    log::error("not written");
}

TEST(Log, does_not_mix_lines_of_several_threads) {
    auto text = logged(log::Level::info, [] {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([i] {
                for (int round = 0; round < 500; ++round)
                    log::info("line", {{"thread", i}, {"round", round}});
            });
        }
    });
    std::regex line{R"(\S+ info line thread=\d round=\d+)"};
    std::istringstream lines{text};
    int count = 0;
    for (std::string each; std::getline(lines, each); ++count)
        ASSERT_TRUE(std::regex_match(each, line)) << each;
    EXPECT_EQ(count, 4'000);
}

// Redirects standard error into a pipe that isn't read until start_reading().
class StderrPipe {
  public:
    StderrPipe() {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
        read_end_ = ends[0];
    }
    ~StderrPipe() {
        (void)finish();
        ::close(read_end_);
        ::close(original_);
    }
    void start_reading() {
        reader_ = std::jthread{[this] {
            std::array<char, 8192> part{};
            for (ssize_t size = 0; (size = ::read(read_end_, part.data(), part.size())) > 0;) {
                std::lock_guard lock{mutex_};
                text_.append(part.data(), static_cast<std::size_t>(size));
            }
        }};
    }
    bool has(const std::string& part) {
        std::lock_guard lock{mutex_};
        return text_.contains(part);
    }
    // Restores standard error and returns all that was read.
    std::string finish() {
        ::dup2(original_, STDERR_FILENO);
        if (reader_.joinable()) reader_.join();
        return text_;
    }

  private:
    int original_ = ::dup(STDERR_FILENO), read_end_ = -1;
    std::mutex mutex_;
    std::string text_;
    std::jthread reader_;
};

TEST(Log, does_not_wait_for_a_stuck_reader_and_reports_the_number_of_dropped_lines) {
    StderrPipe errors;
    log::start(log::Level::info);
    int written = 40'000;
    for (int i = 1; i <= written; ++i) {
        if (i % 5000 == 0)
            log::warning("line", {{"number", i}, {"text", "x"}});  // flushed at once, if possible
        else
            log::info("line", {{"number", i}, {"text", std::string(i % 1000 == 0 ? 10'000 : 40, 'x')}});
    }
    errors.start_reading();
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!errors.has("number=40000 ") && std::chrono::steady_clock::now() < deadline) {
        log::warning("line", {{"number", ++written}, {"text", "x"}});
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    log::stop();

    auto text = errors.finish();
    std::regex line{R"(\S+Z (info|warning) line number=\d+ text=x+)"};
    std::regex dropped{
        R"re(\S+Z warning log-lines-dropped reason="standard error was not read" lines=(\d+))re"};
    std::istringstream lines{text};
    int seen = 0, missed = 0;
    for (std::string each; std::getline(lines, each);) {
        std::smatch parts;
        if (std::regex_match(each, parts, dropped)) {
            missed += std::stoi(parts[1]);
        } else {
            ++seen;
            EXPECT_TRUE(each.size() > 5000 || std::regex_match(each, line)) << each;
        }
    }
    EXPECT_GT(missed, 10'000);
    EXPECT_EQ(seen + missed, written);
    EXPECT_TRUE(text.contains("number=40000 "));
}

}  // namespace
}  // namespace stagedoor
