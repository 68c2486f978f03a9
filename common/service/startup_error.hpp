// Why a program can't start.
#pragma once

#include <stdexcept>

namespace stagedoor {

// Told to the operator in one line; the program ends with 1.
struct StartupError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace stagedoor
