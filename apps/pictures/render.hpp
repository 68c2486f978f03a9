// Decodes, resizes and encodes pictures with libvips.
#pragma once

#include <stdexcept>
#include <string>

#include "common/pictures/protocol.hpp"

namespace stagedoor::pictures {

// The bytes are no picture that we read.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Loads what will be needed, so that nothing has to be loaded once the process is locked in: libraries, and
// the tables of decoders and encoders. Leaves only the loaders of our kinds of picture. Throws
// std::runtime_error.
void prepare(const char* program);

// Throws Refused.
[[nodiscard]] protocol::Response render(const protocol::Request& request);

}  // namespace stagedoor::pictures
