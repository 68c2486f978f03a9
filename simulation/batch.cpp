#include "simulation/batch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <stdexcept>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "simulation/mutants/switch.hpp"
#include "simulation/servers/theme.hpp"

namespace stagedoor::simulation {
namespace {

Report parse_report(const std::string& text, int status) {
    if (auto report = json::read<Report>(text)) return std::move(*report);
    Report report;
    report.violations.push_back(WIFSIGNALED(status)
                                    ? fmt::format("the process died: {}", ::strsignal(WTERMSIG(status)))
                                    : "the process ended without a report");
    return report;
}

// With the mutant fsync-ignored, a power cut may lose whole tables; services then throw anything.
Report simulate_or_report_error(const Options& options) {
    try {
        return simulate(options);
    } catch (const std::exception& error) {
        Report report;
        report.violations.push_back(std::string{"the run was aborted: "} + error.what());
        report.mutation_reached = times_reached();
        return report;
    }
}

// A run ends soon: giving memory back to the system, and getting it anew, takes longer than what it saves.
void keep_freed_memory() {
    constexpr int mebibyte = 1 << 20;
    ::mallopt(M_MMAP_THRESHOLD, 32 * mebibyte);  // the most that glibc accepts
    ::mallopt(M_TRIM_THRESHOLD, 1024 * mebibyte);
    ::mallopt(M_TOP_PAD, 16 * mebibyte);
}

struct Child {
    std::size_t index = 0;
    pid_t pid = 0;
    int pipe = -1;
    std::string output;
};

Child spawn(std::size_t index, const Options& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("can't create a pipe");
    std::cout << std::flush;
    auto pid = ::fork();
    if (pid < 0) throw std::runtime_error("can't fork");
    if (pid == 0) {
        keep_freed_memory();
        auto text = json::to_json(simulate_or_report_error(options));
        for (std::size_t done = 0; done < text.size();) {
            auto written = ::write(ends[1], text.data() + done, text.size() - done);
            if (written <= 0) break;
            done += static_cast<std::size_t>(written);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    return {index, pid, ends[0], {}};
}

// False at the end of its output.
bool read_some(Child& child) {
    std::array<char, 65536> part{};
    auto size = ::read(child.pipe, part.data(), part.size());
    if (size > 0) child.output.append(part.data(), static_cast<std::size_t>(size));
    return size > 0;
}

// The first violation without its ids and numbers.
std::string violation_kind(const Report& report) {
    if (report.passed()) return "";
    const auto& line = report.violations.front();
    return line.substr(0, line.find_first_of("(:"));
}

}  // namespace

std::vector<Report> simulate_all(const std::vector<Options>& all, int jobs,
                                 const std::function<void(const Report&)>& done) {
    (void)theme();  // is parsed once, not by each child
    std::vector<Report> reports(all.size());
    std::vector<Child> running;
    for (std::size_t next = 0; next < all.size() || !running.empty();) {
        while (next < all.size() && std::cmp_less(running.size(), jobs)) {
            running.push_back(spawn(next, all[next]));
            ++next;
        }
        std::vector<pollfd> polled;
        for (const auto& child : running) polled.push_back({child.pipe, POLLIN, 0});
        if (::poll(polled.data(), polled.size(), -1) < 0) continue;
        for (std::size_t i = polled.size(); i-- > 0;) {
            if (polled[i].revents == 0 || read_some(running[i])) continue;
            int status = 0;
            ::waitpid(running[i].pid, &status, 0);
            ::close(running[i].pipe);
            auto index = running[i].index;
            reports[index] = parse_report(running[i].output, status);
            reports[index].seed = all[index].seed;
            running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
            if (done) done(reports[index]);
        }
    }
    return reports;
}

Report simulate_isolated(const Options& options) { return simulate_all({options}, 1, {}).front(); }

Options minimize(Options options, const Report& report, int max_attempts,
                 const std::function<void(const Options&)>& smaller) {
    auto attempts = 0;
    auto still_fails = [&](const Options& candidate) {
        if (++attempts > max_attempts) return false;
        if (violation_kind(simulate_isolated(candidate)) != violation_kind(report)) return false;
        options = candidate;
        smaller(options);
        return true;
    };
    for (auto length = options.length * 3 / 4; length >= std::chrono::seconds{5};
         length = options.length * 3 / 4) {
        auto candidate = options;
        candidate.length = length;
        if (!still_fails(candidate)) break;
    }
    // Half of the faults, a quarter …, finally one by one.
    for (int part = std::max(report.planned_faults / 2, 1); part > 0; part /= 2) {
        for (int first = 0; first < report.planned_faults; first += part) {
            auto candidate = options;
            for (int i = first; i < first + part; ++i) candidate.without_faults.insert(i);
            if (candidate.without_faults != options.without_faults) (void)still_fails(candidate);
        }
    }
    for (int customer = 0; customer < report.customers; ++customer) {
        auto candidate = options;
        candidate.without_customers.insert(customer);
        (void)still_fails(candidate);
    }
    return options;
}

}  // namespace stagedoor::simulation
