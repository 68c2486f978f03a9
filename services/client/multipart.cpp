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

struct UnrefObject {
    void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Ref = std::unique_ptr<T, UnrefObject>;

// As sent: browsers don't encode parts, whatever their headers say.
std::string content_of(GMimePart* part) {
    auto* content = g_mime_part_get_content(part);
    if (!content) return {};
    Ref<GMimeStream> memory{g_mime_stream_mem_new()};
    g_mime_stream_write_to_stream(g_mime_data_wrapper_get_stream(content), memory.get());
    auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
    return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

std::optional<std::string> parameter_of(GMimeObject* part, const char* name) {
    const auto* text = g_mime_object_get_content_disposition_parameter(part, name);
    return text ? std::optional<std::string>{text} : std::nullopt;
}

// False for anything that isn't a field of a form.
bool add_part(Multipart& read, http::Pairs& pairs, GMimeObject* object) {
    if (!GMIME_IS_PART(object)) return false;
    auto name = parameter_of(object, "name");
    if (!name) return false;
    auto content = content_of(GMIME_PART(object));
    if (parameter_of(object, "filename")) {
        if (read.file.empty()) read.file = std::move(content);
        return true;
    }
    if (!text::is_utf8(content)) return false;
    pairs.emplace_back(std::move(*name), std::move(content));
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
    // A whole message, whose head says what separates its parts.
    auto message =
        "Content-Type: " + std::string{request.headers["Content-Type"]} + "\r\n\r\n" + request.body;
    Ref<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(message.data(), message.size())};
    std::string{}.swap(message);
    Ref<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
    Ref<GMimeObject> whole{g_mime_parser_construct_part(parser.get(), nullptr)};
    if (!whole || !GMIME_IS_MULTIPART(whole.get())) return std::nullopt;
    auto* parts = GMIME_MULTIPART(whole.get());
    auto count = g_mime_multipart_get_count(parts);
    if (count < 1 || count > max_parts) return std::nullopt;
    Multipart read;
    http::Pairs pairs;
    for (int i = 0; i < count; ++i) {
        if (!add_part(read, pairs, g_mime_multipart_get_part(parts, i))) return std::nullopt;
    }
    read.form = Form{std::move(pairs)};
    return read;
}

}  // namespace stagedoor::client
