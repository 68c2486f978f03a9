#include "simulation/batch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
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

namespace stagedoor::simulation {
namespace {

Report from_text(const std::string& text, int status) {
    if (auto report = json::read<Report>(text)) return std::move(*report);
    Report report;
    report.broken.push_back(WIFSIGNALED(status)
                                ? fmt::format("the process died: {}", ::strsignal(WTERMSIG(status)))
                                : "the process ended without a report");
    return report;
}

// What a database does that has lost its tables is anybody's guess.
Report simulate_or_say_why_not(const Options& options) {
    try {
        return simulate(options);
    } catch (const std::exception& error) {
        Report report;
        report.broken.push_back(std::string{"the history broke off: "} + error.what());
        return report;
    }
}

struct Child {
    std::size_t place = 0;
    pid_t process = 0;
    int pipe = -1;
    std::string said;
};

Child begin(std::size_t place, const Options& options) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe to be had");
    std::cout << std::flush;
    auto process = ::fork();
    if (process < 0) throw std::runtime_error("no process to be had");
    if (process == 0) {
        auto text = json::to_json(simulate_or_say_why_not(options));
        for (std::size_t done = 0; done < text.size();) {
            auto written = ::write(ends[1], text.data() + done, text.size() - done);
            if (written <= 0) break;
            done += static_cast<std::size_t>(written);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    return {place, process, ends[0], {}};
}

// False when it has said everything.
bool hear(Child& child) {
    std::array<char, 65536> part{};
    auto size = ::read(child.pipe, part.data(), part.size());
    if (size > 0) child.said.append(part.data(), static_cast<std::size_t>(size));
    return size > 0;
}

// Broken lines begin with what is broken, and go on with ids and numbers.
std::string what_is_broken(const Report& report) {
    return report.broken.empty() ? ""
                                 : report.broken.front().substr(0, report.broken.front().find_first_of("(:"));
}

}  // namespace

std::vector<Report> simulate_all(const std::vector<Options>& all, int at_once,
                                 const std::function<void(const Report&)>& done) {
    std::vector<Report> reports(all.size());
    std::vector<Child> running;
    for (std::size_t next = 0; next < all.size() || !running.empty();) {
        while (next < all.size() && std::cmp_less(running.size(), at_once)) {
            running.push_back(begin(next, all[next]));
            ++next;
        }
        std::vector<pollfd> waits;
        for (const auto& child : running) waits.push_back({child.pipe, POLLIN, 0});
        if (::poll(waits.data(), waits.size(), -1) < 0) continue;
        for (std::size_t i = waits.size(); i-- > 0;) {
            if (waits[i].revents == 0 || hear(running[i])) continue;
            int status = 0;
            ::waitpid(running[i].process, &status, 0);
            ::close(running[i].pipe);
            auto place = running[i].place;
            reports[place] = from_text(running[i].said, status);
            reports[place].seed = all[place].seed;
            running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
            if (done) done(reports[place]);
        }
    }
    return reports;
}

Report simulate_apart(const Options& options) { return simulate_all({options}, 1, {}).front(); }

Options shortest(Options options, const Report& report, int most_tries,
                 const std::function<void(const Options&)>& shorter) {
    auto tries = 0;
    auto is_still_broken = [&](const Options& tried) {
        if (++tries > most_tries) return false;
        auto found = simulate_apart(tried);
        if (what_is_broken(found) != what_is_broken(report)) return false;
        options = tried;
        shorter(options);
        return true;
    };
    for (auto length = options.length * 3 / 4; length >= std::chrono::seconds{5};
         length = options.length * 3 / 4) {
        auto tried = options;
        tried.length = length;
        if (!is_still_broken(tried)) break;
    }
    // Half of them, a quarter …, at last one by one.
    for (int part = std::max(report.planned_faults / 2, 1); part > 0; part /= 2) {
        for (int first = 0; first < report.planned_faults; first += part) {
            auto tried = options;
            for (int i = first; i < first + part; ++i) tried.without_faults.insert(i);
            if (tried.without_faults != options.without_faults) (void)is_still_broken(tried);
        }
    }
    for (int person = 0; person < report.people; ++person) {
        auto tried = options;
        tried.without_people.insert(person);
        (void)is_still_broken(tried);
    }
    return options;
}

}  // namespace stagedoor::simulation
