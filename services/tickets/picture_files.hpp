// The files of a picture: their names and types.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "common/pictures/protocol.hpp"

namespace stagedoor::tickets {

[[nodiscard]] inline bool is_picture_file(std::string_view name) {
    return std::ranges::find(pictures::protocol::picture_files, name) !=
           pictures::protocol::picture_files.end();
}

[[nodiscard]] inline std::string picture_type(std::string_view name) {
    if (name.ends_with(".avif")) return "image/avif";
    return name.ends_with(".webp") ? "image/webp" : "image/jpeg";
}

}  // namespace stagedoor::tickets
