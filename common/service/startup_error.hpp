#pragma once

#include <stdexcept>

namespace stagedoor {

// Why a program can't start. The operator sees it as one line; the exit code is 1.
struct StartupError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace stagedoor
