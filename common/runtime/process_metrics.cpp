#include "common/runtime/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "common/runtime/version.hpp"

namespace stagedoor::runtime {
namespace {

double in_seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// When the machine started, in seconds since 1970.
std::optional<double> boot_time() {
    std::ifstream file{"/proc/stat"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    }
    return std::nullopt;
}

// When this process started, in seconds since boot: the 22nd field of /proc/self/stat. The second field is
// the program's name in parentheses, which may contain blanks.
std::optional<double> start_since_boot() {
    std::ifstream file{"/proc/self/stat"};
    std::string line;
    std::getline(file, line);
    std::istringstream words{line.substr(std::min(line.rfind(')') + 1, line.size()))};
    std::string word;
    for (int i = 3; i <= 22; ++i) words >> word;
    if (!words) return std::nullopt;
    return std::stod(word) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t count_open_files() {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator each{"/proc/self/fd", error}, end; !error && each != end;
         each.increment(error))
        ++count;
    return count > 0 ? count - 1 : 0;  // without the one that reads the folder
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics)
    : cpu_seconds_(metrics.counter("process_cpu_seconds_total", "User and system CPU time")),
      resident_bytes_(metrics.gauge("process_resident_memory_bytes", "Resident memory")),
      virtual_bytes_(metrics.gauge("process_virtual_memory_bytes", "Virtual memory")),
      open_files_(metrics.gauge("process_open_fds", "Open file descriptors")),
      max_files_(metrics.gauge("process_max_fds", "Maximum number of open file descriptors")),
      start_time_(metrics.gauge("process_start_time_seconds", "Start time of the process since 1970")) {
    metrics
        .gauge("stagedoor_build_info", "1, labelled with the running version",
               {{"version", std::string{version()}}})
        .set(1);
    auto boot = boot_time(), started = start_since_boot();
    if (boot && started) start_time_.set(*boot + *started);
    update();
}

void ProcessMetrics::update() {
    std::lock_guard lock{mutex_};
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        auto spent = in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
        cpu_seconds_.add(std::max(spent - cpu_seconds_reported_, 0.0));
        cpu_seconds_reported_ = std::max(spent, cpu_seconds_reported_);
    }
    std::ifstream file{"/proc/self/statm"};
    double virtual_pages = 0, resident_pages = 0;
    if (file >> virtual_pages >> resident_pages) {
        auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
        virtual_bytes_.set(virtual_pages * page);
        resident_bytes_.set(resident_pages * page);
    }
    open_files_.set(static_cast<double>(count_open_files()));
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) max_files_.set(static_cast<double>(files.rlim_cur));
}

}  // namespace stagedoor::runtime
