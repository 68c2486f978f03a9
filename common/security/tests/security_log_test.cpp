#include "common/security/security_log.hpp"

#include <gtest/gtest.h>

namespace stagedoor::security {
namespace {

// What the lines are that `write` writes, without their times.
template <class F>
std::string logged(log::Level min_level, F write) {
    ::testing::internal::CaptureStderr();
    log::start(min_level);
    runtime::Metrics metrics;
    write(SecurityLog{metrics});
    log::stop();
    auto text = ::testing::internal::GetCapturedStderr();
    return text.empty() ? text : text.substr(text.find(' ') + 1);
}

TEST(SecurityLog, has_a_level_of_its_own_that_no_lowest_level_silences) {
    auto write = [](const SecurityLog& log) {
        log.write(SecurityEvent::sign_in_failed, {{"client", "192.0.2.1"}, {"user", "ada"}});
    };
    for (auto level : {log::Level::debug, log::Level::info, log::Level::warning, log::Level::error})
        EXPECT_EQ(logged(level, write), "security sign-in-failed client=192.0.2.1 user=ada\n");
    EXPECT_EQ(logged(log::Level::off, write), "");
}

TEST(SecurityLog, leaves_out_what_is_not_known) {
    EXPECT_EQ(logged(log::Level::info,
                     [](const SecurityLog& log) {
                         log.write(SecurityEvent::access_denied, {{"user", ""}, {"path", "/api/orders"}});
                     }),
              "security access-denied path=/api/orders\n");
}

TEST(SecurityLog, has_one_line_for_an_event_whatever_the_values_are) {
    auto text = logged(log::Level::info, [](const SecurityLog& log) {
        log.write(SecurityEvent::access_denied,
                  {{"path", "/x\n2026-01-01T00:00:00.000Z security sign-in user=admin"},
                   {"reason", "a\" user=\"admin"}});
    });
    EXPECT_EQ(text,
              R"(security access-denied path="/x\n2026-01-01T00:00:00.000Z security sign-in user=admin" )"
              R"(reason="a\" user=\"admin")"
              "\n");
}

TEST(SecurityLog, counts_its_lines_by_event) {
    runtime::Metrics metrics;
    log::start(log::Level::off);
    SecurityLog log{metrics};
    log.write(SecurityEvent::lockout, {});
    SecurityLog{metrics}.write(SecurityEvent::lockout, {});
    auto text = metrics.to_text();
    EXPECT_NE(text.find("stagedoor_security_events_total{event=\"lockout\"} 2"), std::string::npos);
    EXPECT_NE(text.find("stagedoor_security_events_total{event=\"sign-in-failed\"} 0"), std::string::npos);
    log::stop();
}

}  // namespace
}  // namespace stagedoor::security
