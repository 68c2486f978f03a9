#include "services/client/multipart.hpp"

#include <gmime/gmime.h>

#include <memory>
#include <mutex>

#include "common/text/ascii.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::client {
namespace {

// More than our forms have.
constexpr int max_parts = 64;
constexpr std::size_t max_head = 2048;

struct UnrefObject {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Ref = std::unique_ptr<T, UnrefObject>;

// What separates the parts; empty if the header says nothing usable.
std::string delimiter_in(const std::string& content_type) {
    constexpr std::size_t max_boundary = 70;  // RFC 2046, 5.1.1
    Ref<GMimeContentType> type{g_mime_content_type_parse(nullptr, content_type.c_str())};
    const auto* boundary = type ? g_mime_content_type_get_parameter(type.get(), "boundary") : nullptr;
    std::string_view text = boundary ? boundary : "";
    return text.empty() || text.size() > max_boundary ? "" : "\r\n--" + std::string{text};
}

std::optional<std::string> parameter_of(GMimeObject* part, const char* name) {
    const auto* text = g_mime_object_get_content_disposition_parameter(part, name);
    return text ? std::optional<std::string>{text} : std::nullopt;
}

// False for anything that isn't a field of a form. The content is as sent: browsers don't encode parts,
// whatever their headers say.
bool add_part(Multipart& read, http::Pairs& pairs, std::string_view head, std::string_view content) {
    Ref<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(head.data(), head.size())};
    Ref<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
    Ref<GMimeObject> part{g_mime_parser_construct_part(parser.get(), nullptr)};
    if (!part || !GMIME_IS_PART(part.get())) return false;
    auto name = parameter_of(part.get(), "name");
    if (!name) return false;
    if (parameter_of(part.get(), "filename")) {
        if (read.file.empty()) read.file = content;
        return true;
    }
    if (!text::is_utf8(content)) return false;
    pairs.emplace_back(std::move(*name), content);
    return true;
}

}  // namespace

bool is_multipart(const http::Request& request) {
    auto type = request.headers["Content-Type"];
    return text::to_lower(http::trimmed(type.substr(0, type.find(';')))) == "multipart/form-data";
}

std::optional<Multipart> read_multipart(const http::Request& request) {
    static std::once_flag once;
    std::call_once(once, [] { g_mime_init(); });
    // GMime reads the few small heads that a form has. It would make an object of everything in a whole body.
    auto delimiter = delimiter_in(std::string{request.headers["Content-Type"]});
    std::string_view body = request.body, first = delimiter;
    if (delimiter.empty() || !body.starts_with(first.substr(2))) return std::nullopt;
    body.remove_prefix(first.size() - 2);
    Multipart read;
    http::Pairs pairs;
    for (int parts = 0; parts == 0 || !body.starts_with("--"); ++parts) {
        if (parts == max_parts || !body.starts_with("\r\n")) return std::nullopt;
        body.remove_prefix(2);
        auto head_end = body.substr(0, max_head).find("\r\n\r\n");
        if (head_end == std::string_view::npos) return std::nullopt;
        auto head = body.substr(0, head_end + 4);
        body.remove_prefix(head.size());
        auto end = body.find(delimiter);
        if (end == std::string_view::npos) return std::nullopt;
        if (!add_part(read, pairs, head, body.substr(0, end))) return std::nullopt;
        body.remove_prefix(end + delimiter.size());
    }
    read.form = Form{std::move(pairs)};
    return read;
}

}  // namespace stagedoor::client
