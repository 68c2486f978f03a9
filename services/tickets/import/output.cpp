#include "services/tickets/import/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "common/json/write.hpp"
#include "common/language/message.hpp"

namespace stagedoor::tickets {
namespace {

constexpr int max_shown = 20;
constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

Report::Report(const std::string& path, Mode mode) : path_(path) {
    if (path.empty()) return;
    file_.open(path, mode == Mode::append ? std::ios::app : std::ios::trunc);
    if (!file_) throw InputError(fmt::format("can't write the report {}: {}", path, std::strerror(errno)));
}

void Report::add(std::int64_t line, const Problems& problems) {
    for (const auto& problem : problems) {
        const auto& field = problem.field;
        auto message = language::to_text(problem.message);
        if (!path_.empty()) file_ << json::to_json(RejectedLine{line, field, message}) << "\n";
        if (shown_ > max_shown) continue;
        if (::isatty(STDERR_FILENO)) std::cerr << clear_line;
        if (++shown_ > max_shown)
            std::cerr << "further lines are rejected"
                      << (path_.empty() ? "; --report FILE keeps all of them" : ", see the report")
                      << std::endl;
        else
            std::cerr << "line " << line << ": " << (field.empty() ? "" : field + ": ") << message
                      << std::endl;
    }
}

void Report::flush() {
    if (!path_.empty() && !file_.flush())
        throw InputError(fmt::format("can't write the report {}: {}", path_, std::strerror(errno)));
}

Progress::Progress(const runtime::Clock& clock, std::int64_t bytes, std::int64_t accepted)
    : clock_(clock),
      bytes_(bytes),
      accepted_before_(accepted),
      started_at_(clock.monotonic()),
      shown_at_(started_at_),
      is_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    if (is_terminal_) std::cerr << clear_line << std::flush;
}

double Progress::seconds() const {
    return std::chrono::duration<double>(clock_.monotonic() - started_at_).count();
}

void Progress::show(Position now, std::int64_t accepted, std::int64_t rejected) {
    auto time = clock_.monotonic();
    auto elapsed = std::chrono::duration<double>(time - shown_at_).count();
    if (!is_terminal_ || elapsed < 1) return;
    auto rate = static_cast<double>(accepted - accepted_before_) / elapsed;
    std::cerr << clear_line
              << fmt::format("{} lines, {} %, {:.0f} listings/s, {} rejected", now.lines,
                             now.bytes * 100 / std::max<std::int64_t>(bytes_, 1), rate, rejected)
              << std::flush;
    shown_at_ = time;
    accepted_before_ = accepted;
}

}  // namespace stagedoor::tickets
