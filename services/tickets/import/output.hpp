// What an import prints: its progress on a terminal, rejected lines, and the result.
#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

#include "common/errors.hpp"
#include "common/runtime/clock.hpp"
#include "services/tickets/import/input_file.hpp"

namespace stagedoor::tickets {

// A problem of a line, as it is written to the report.
struct RejectedLine {
    std::int64_t line = 0;
    std::string field;  // empty: the line as a whole
    std::string message;
};
BOOST_DESCRIBE_STRUCT(RejectedLine, (), (line, field, message))

// Rejected lines, as JSON Lines in a file, if `path` is not empty, and the first ones on standard error.
class Report {
  public:
    enum class Mode { create, append };
    // Replaces an existing file, or adds to it. Throws InputError.
    Report(const std::string& path, Mode mode);

    void add(std::int64_t line, const Problems& problems);
    // Throws InputError if the file can't be written.
    void flush();

  private:
    std::string path_;
    std::ofstream file_;
    int shown_ = 0;
};

// One line on standard error, replaced every second, if that is a terminal.
class Progress {
  public:
    // `bytes` of the file, and `accepted` listings so far.
    Progress(const runtime::Clock& clock, std::int64_t bytes, std::int64_t accepted);
    // Removes the line.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(Position now, std::int64_t accepted, std::int64_t rejected);
    // Since it was made.
    [[nodiscard]] double seconds() const;

  private:
    const runtime::Clock& clock_;
    std::int64_t bytes_, accepted_before_;
    std::chrono::nanoseconds started_at_, shown_at_;
    bool is_terminal_;
};

}  // namespace stagedoor::tickets
