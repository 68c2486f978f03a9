#include "common/pictures/protocol.hpp"

#include <charconv>

namespace stagedoor::pictures::protocol {
namespace {

// Takes the text before `end` off `rest`.
std::optional<std::string_view> take(std::string_view& rest, char end) {
    auto at = rest.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    auto taken = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return taken;
}

std::optional<std::int64_t> take_number(std::string_view& rest, char end) {
    auto text = take(rest, end);
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    const auto* last = text->data() + text->size();
    auto [stopped, error] = std::from_chars(text->data(), last, number);
    if (error != std::errc{} || stopped != last || number < 0) return std::nullopt;
    return number;
}

}  // namespace

std::string to_text(const Request& request) {
    auto is_picture = request.kind == Kind::picture;
    auto text = std::string{is_picture ? "picture " : "preview "} + std::to_string(request.bytes.size()) +
                " " + (is_picture ? "-" : request.background) + "\n";
    return text += request.bytes;
}

std::optional<Request> read_request(std::string text) {
    std::string_view rest = text;
    auto kind = take(rest, ' ');
    auto size = take_number(rest, ' ');
    auto background = take(rest, '\n');
    if (!background || !size || static_cast<std::size_t>(*size) != rest.size()) return std::nullopt;
    if (kind != "picture" && kind != "preview") return std::nullopt;
    Request request{.kind = kind == "picture" ? Kind::picture : Kind::preview,
                    .background = std::string{*background},
                    .bytes = {}};
    text.erase(0, text.size() - rest.size());
    request.bytes = std::move(text);
    return request;
}

std::string to_text(const Response& response) {
    if (!response.refused.empty()) return "refused " + response.refused + "\n";
    auto text = "ok " + std::to_string(response.width) + " " + std::to_string(response.height) + "\n";
    for (const auto& file : response.files)
        text.append(std::to_string(file.size())).append("\n").append(file);
    return text;
}

std::optional<Response> read_response(std::string_view text, std::size_t files) {
    Response response;
    auto result = take(text, ' ');
    if (result == "refused") {
        auto reason = take(text, '\n');
        if (!reason || reason->empty() || !text.empty()) return std::nullopt;
        response.refused = *reason;
        return response;
    }
    auto width = take_number(text, ' '), height = take_number(text, '\n');
    if (result != "ok" || !width || !height) return std::nullopt;
    response.width = *width;
    response.height = *height;
    for (std::size_t i = 0; i < files; ++i) {
        auto size = take_number(text, '\n');
        if (!size || static_cast<std::size_t>(*size) > text.size()) return std::nullopt;
        response.files.emplace_back(text.substr(0, static_cast<std::size_t>(*size)));
        text.remove_prefix(static_cast<std::size_t>(*size));
    }
    if (!text.empty()) return std::nullopt;
    return response;
}

}  // namespace stagedoor::pictures::protocol
