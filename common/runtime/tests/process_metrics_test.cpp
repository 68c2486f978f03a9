#include "common/runtime/process_metrics.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <sstream>

#include "common/runtime/version.hpp"

namespace stagedoor::runtime {
namespace {

// The value of a metric without labels.
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
    double current(const std::string& name) {
        process.update();
        return value_of(metrics, name);
    }
};

TEST_F(ProcessMetricsTest, cpu_time_grows_by_the_time_used) {
    auto before = current("process_cpu_seconds_total");
    EXPECT_GE(before, 0);
    auto start = std::clock();
    while (static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 0.05) {
    }
    auto after = current("process_cpu_seconds_total");
    EXPECT_GE(after, before + 0.04);
    EXPECT_LT(after, before + 10);
}

TEST_F(ProcessMetricsTest, memory_is_in_bytes) {
    auto resident = current("process_resident_memory_bytes");
    EXPECT_GT(resident, 1e6);
    EXPECT_LT(resident, value_of(metrics, "process_virtual_memory_bytes"));
}

TEST_F(ProcessMetricsTest, open_files_are_counted) {
    auto before = current("process_open_fds");
    auto file = ::open("/dev/null", O_RDONLY);
    EXPECT_EQ(current("process_open_fds"), before + 1);
    ::close(file);
    EXPECT_EQ(current("process_open_fds"), before);
    EXPECT_GT(current("process_max_fds"), before);
}

TEST_F(ProcessMetricsTest, the_start_time_is_recent_and_not_in_the_future) {
    auto now_seconds = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    auto started = current("process_start_time_seconds");
    EXPECT_LT(started, now_seconds.count() + 2) << "the boot time has whole seconds";
    EXPECT_GT(started, now_seconds.count() - 3600);
}

TEST_F(ProcessMetricsTest, the_version_is_a_label_of_build_info) {
    auto line = "stagedoor_build_info{version=\"" + std::string{version()} + "\"} 1\n";
    EXPECT_NE(metrics.to_text().find(line), std::string::npos) << metrics.to_text();
    EXPECT_NE(version(), "");
}

}  // namespace
}  // namespace stagedoor::runtime
