#include "common/runtime/process_metrics.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <sstream>

#include "common/runtime/version.hpp"

namespace stagedoor::runtime {
namespace {

// The value of the metric of this name, which has no labels.
double value_of(const Metrics& metrics, const std::string& name) {
    std::istringstream text{metrics.to_text()};
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    ADD_FAILURE() << "no " << name << " in\n" << text.str();
    return 0;
}

struct ProcessMetricsTest : ::testing::Test {
    Metrics metrics;
    ProcessMetrics process{metrics};
    double now(const std::string& name) {
        process.update();
        return value_of(metrics, name);
    }
};

TEST_F(ProcessMetricsTest, processor_time_only_grows_and_is_what_was_spent) {
    auto before = now("process_cpu_seconds_total");
    EXPECT_GE(before, 0);
    auto begun = std::clock();
    while (static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC < 0.05) {
    }
    auto after = now("process_cpu_seconds_total");
    EXPECT_GE(after, before + 0.04);
    EXPECT_LT(after, before + 10);
}

TEST_F(ProcessMetricsTest, memory_is_in_bytes) {
    auto resident = now("process_resident_memory_bytes");
    EXPECT_GT(resident, 1e6);
    EXPECT_LT(resident, value_of(metrics, "process_virtual_memory_bytes"));
}

TEST_F(ProcessMetricsTest, files_that_are_opened_and_closed_are_counted) {
    auto before = now("process_open_fds");
    auto file = ::open("/dev/null", O_RDONLY);
    EXPECT_EQ(now("process_open_fds"), before + 1);
    ::close(file);
    EXPECT_EQ(now("process_open_fds"), before);
    EXPECT_GT(now("process_max_fds"), before);
}

TEST_F(ProcessMetricsTest, it_started_lately_and_not_in_the_future) {
    auto now_seconds = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    auto started = now("process_start_time_seconds");
    EXPECT_LT(started, now_seconds.count() + 2) << "whole seconds of the machine's start";
    EXPECT_GT(started, now_seconds.count() - 3600);
}

TEST_F(ProcessMetricsTest, the_version_is_a_label) {
    auto line = "stagedoor_build_info{version=\"" + std::string{version()} + "\"} 1\n";
    EXPECT_NE(metrics.to_text().find(line), std::string::npos) << metrics.to_text();
    EXPECT_NE(version(), "");
}

}  // namespace
}  // namespace stagedoor::runtime
