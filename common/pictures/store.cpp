#include "common/pictures/store.hpp"

#include "common/errors.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::pictures {

void throw_unavailable(const std::string& failure) {
    log::error("picture store failed", {{"error", failure}});
    throw Unavailable("This isn't possible right now. Please try again"_text, std::chrono::seconds{5});
}

}  // namespace stagedoor::pictures
