// Turns what sellers upload into the pictures that pages show. Decoders of picture formats have a long
// history of holes, so they run elsewhere: in a process of their own, or not at all in the simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/task.hpp"

namespace stagedoor::pictures {

// The largest upload.
inline constexpr std::size_t max_bytes = 10 * 1024 * 1024;

struct File {
    std::string name;  // "1200.avif"
    std::string bytes;
};

// One picture in all sizes and formats.
struct Rendition {
    std::int64_t width = 0, height = 0;  // of the largest files
    std::vector<File> files;
};

// Thread-safe.
class Renderer {
  public:
    virtual ~Renderer() = default;

    // nullopt: not a picture that it reads. Throws Unavailable when too many wait or it takes too long.
    [[nodiscard]] virtual Task<std::optional<Rendition>> resize(std::string upload) = 0;
    // One of our own SVG drawings on a background ("#f4efe6") as a PNG for link previews. Throws Unavailable
    // when too many are waiting, and std::runtime_error when it fails.
    [[nodiscard]] virtual Task<std::string> preview(std::string svg, std::string background) = 0;
    // Ends what is in progress, which then throws Unavailable. Blocks for a moment.
    virtual void close() {}
};

}  // namespace stagedoor::pictures
