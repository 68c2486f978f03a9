#include "common/runtime/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <thread>
#include <vector>

namespace stagedoor {
namespace {

// What `write_lines` sends to standard error.
template <class F>
std::string logged(log::Level least, F write_lines) {
    ::testing::internal::CaptureStderr();
    log::start(least);
    write_lines();
    log::stop();
    return ::testing::internal::GetCapturedStderr();
}

// One line without its time and level.
std::string line_of(std::string value) {
    auto text =
        logged(log::Level::info, [&] { log::info("happened", {{"value", std::move(value)}, {"next", 1}}); });
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    auto event = text.find("happened");
    return event == std::string::npos ? text : text.substr(event, text.size() - event - 1);
}

TEST(Log, line_is_time_level_event_and_fields) {
    auto text = logged(log::Level::info, [] {
        log::warning("order placed", {{"order", "o-1"}, {"tickets", 3}, {"share", 0.5}});
    });
    EXPECT_TRUE(std::regex_match(
        text,
        std::regex{
            R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning order placed order=o-1 tickets=3 share=0\.5\n)"}))
        << text;
}

TEST(Log, value_that_is_plain_stands_bare_and_any_other_is_quoted) {
    EXPECT_EQ(line_of("plain-1.2/x:y"), "happened value=plain-1.2/x:y next=1");
    EXPECT_EQ(line_of(""), R"(happened value="" next=1)");
    EXPECT_EQ(line_of("two words"), R"(happened value="two words" next=1)");
    EXPECT_EQ(line_of("Bühne"), "happened value=Bühne next=1");
}

TEST(Log, value_can_not_forge_a_field_or_a_line) {
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

TEST(Log, value_that_looks_like_a_format_is_written_as_it_is) {
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

TEST(Log, says_what_is_enabled) {
    logged(log::Level::warning, [] {
        EXPECT_FALSE(log::enabled(log::Level::info));
        EXPECT_TRUE(log::enabled(log::Level::warning));
    });
    EXPECT_FALSE(log::enabled(log::Level::error));  // after the end
    log::error("into the void");
}

TEST(Log, writes_whole_lines_of_many_threads) {
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

}  // namespace
}  // namespace stagedoor
