// Runs stagedoor-pictures, once per picture.
#pragma once

#include <filesystem>
#include <memory>

#include "common/pictures/renderer.hpp"

namespace stagedoor::pictures {

struct ProcessOptions {
    std::filesystem::path program;
    int max_concurrent = 1;
    int max_waiting = 16;                                          // more get Unavailable
    std::chrono::milliseconds timeout = std::chrono::seconds{15};  // of one process, which is then killed
};

// The threads start at the first use. SIGPIPE must be ignored: a process may end before it has read all.
[[nodiscard]] std::unique_ptr<Renderer> make_process_renderer(ProcessOptions options);

}  // namespace stagedoor::pictures
