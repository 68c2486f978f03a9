// The command `check-ready` of every program: asks the one that runs on this machine whether it is ready. For health
// checks where there is neither a shell nor curl.
#pragma once

#include <string>

#include "common/outbound/outbound.hpp"
#include "common/service/settings.hpp"

namespace stagedoor {

struct Readiness {
    bool ready = false;
    std::string text;  // one line for people: "ready", or what is wrong
};

// Asks for /readyz where `settings` say that the program listens. Throws nothing of the transport's.
[[nodiscard]] Task<Readiness> ask_readiness(outbound::Transport& transport, const Settings& settings);

// Prints that line, on standard error if it tells of something wrong, and gives the exit code, 0 or 1.
[[nodiscard]] int check_ready(const std::string& program, const Settings& settings);

}  // namespace stagedoor
