// The command `check-ready` of every program: reports whether the program running on this machine is ready.
// For health checks where there is neither a shell nor curl.
#pragma once

#include <string>

#include "common/outbound/outbound.hpp"
#include "common/service/program_settings.hpp"

namespace stagedoor {

struct Readiness {
    bool ready = false;
    std::string text;  // one line for operators: "ready", or what is wrong
};

// Requests /readyz at the address and port in `settings`. Throws none of the transport's errors.
[[nodiscard]] Task<Readiness> query_readiness(outbound::Transport& transport,
                                              const ProgramSettings& settings);

// Prints that line, to standard error unless it is ready, and returns the exit code, 0 or 1.
[[nodiscard]] int check_ready(const std::string& program, const ProgramSettings& settings);

}  // namespace stagedoor
