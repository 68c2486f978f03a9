#include "apps/simulate/batch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace stagedoor::simulate {
namespace {

// A report as lines "name value", between processes.
std::string to_text(const Report& report) {
    std::ostringstream out;
    out << "hash " << report.hash << "\nsteps " << report.steps << "\nlasted " << report.lasted.count()
        << "\nbroken_at " << report.broken_at.count() << "\nplanned " << report.planned_faults
        << "\nrequests " << report.requests << "\nunanswered " << report.unanswered << "\norders "
        << report.orders << "\npaid " << report.paid << "\npromises " << report.promises << "\nletters "
        << report.letters << "\nchecks " << report.checks << "\npeople " << report.people << "\n";
    for (const auto& [kind, count] : report.faults) out << "fault " << count << " " << kind << "\n";
    for (const auto& [pair, count] : report.met)
        out << "met " << count << " " << pair.first << "|" << pair.second << "\n";
    for (const auto& line : report.rows) out << "row " << line << "\n";
    for (const auto& line : report.broken) out << "broken " << line << "\n";
    for (const auto& line : report.trace) out << "trace " << line << "\n";
    out << "end\n";
    return out.str();
}

Report from_text(std::uint64_t seed, const std::string& text, int status) {
    Report report;
    report.seed = seed;
    bool is_whole = false;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        auto space = line.find(' ');
        auto name = line.substr(0, space);
        auto value = space == std::string::npos ? "" : line.substr(space + 1);
        auto number = [&] { return std::stoll(value); };
        if (name == "hash") report.hash = std::stoull(value);
        if (name == "steps") report.steps = std::stoull(value);
        if (name == "lasted") report.lasted = Duration{number()};
        if (name == "broken_at") report.broken_at = Duration{number()};
        if (name == "planned") report.planned_faults = static_cast<int>(number());
        if (name == "people") report.people = static_cast<int>(number());
        if (name == "requests") report.requests = number();
        if (name == "unanswered") report.unanswered = number();
        if (name == "orders") report.orders = number();
        if (name == "paid") report.paid = number();
        if (name == "promises") report.promises = number();
        if (name == "letters") report.letters = number();
        if (name == "checks") report.checks = number();
        if (name == "fault") report.faults[value.substr(value.find(' ') + 1)] = number();
        if (name == "met") {
            auto bar = value.find('|');
            auto begin = value.find(' ') + 1;
            report.met[{value.substr(begin, bar - begin), value.substr(bar + 1)}] = number();
        }
        if (name == "row") report.rows.push_back(value);
        if (name == "broken") report.broken.push_back(value);
        if (name == "trace") report.trace.push_back(value);
        if (name == "end") is_whole = true;
    }
    if (!is_whole)
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
        auto text = to_text(simulate_or_say_why_not(options));
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
            reports[place] = from_text(all[place].seed, running[i].said, status);
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

}  // namespace stagedoor::simulate
