// What stagedoor-pictures reads and writes: one request, one response.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::pictures::protocol {

// The files of a picture, in the order in which they are written. The width is at most the number in a name.
inline constexpr std::array<std::string_view, 7> picture_files{
    "1200.jpg", "1200.webp", "1200.avif", "480.jpg", "480.webp", "480.avif", "preview.jpg"};
inline constexpr std::array<std::string_view, 1> preview_files{"preview.png"};

enum class Kind { picture, preview };

// "picture 12345 -\n" and the bytes; of a preview with its background in place of the dash.
struct Request {
    Kind kind = Kind::picture;
    std::string background, bytes;
};
[[nodiscard]] std::string to_text(const Request& request);
[[nodiscard]] std::optional<Request> read_request(std::string text);

// Begins a reason that says nothing about the picture: the process could not do its work.
inline constexpr std::string_view failed = "error: ";

// "ok 1200 800\n" and for each file "12345\n" and its bytes, or "refused REASON\n".
struct Response {
    std::int64_t width = 0, height = 0;
    std::vector<std::string> files;
    std::string refused = {};  // why; empty: it wasn't
};
[[nodiscard]] std::string to_text(const Response& response);
// Of a process that may have been taken over: nullopt unless it is exactly a response with that many files.
[[nodiscard]] std::optional<Response> read_response(std::string_view text, std::size_t files);

}  // namespace stagedoor::pictures::protocol
