#include "common/http/routing/extract.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "common/text/hex.hpp"

namespace stagedoor::http {
namespace {

// Covers the path, which names the entity, and the body.
std::string body_hash(const Request& request) {
    std::array<std::byte, 16> digest;
    auto content = request.path + "\n" + request.body;
    crypto_generichash(reinterpret_cast<unsigned char*>(digest.data()), digest.size(),
                       reinterpret_cast<const unsigned char*>(content.data()), content.size(), nullptr, 0);
    return text::to_hex(digest);
}

bool is_json(std::string_view content_type) {
    auto media = content_type.substr(0, content_type.find(';'));
    while (media.ends_with(' ')) media.remove_suffix(1);
    std::string lower{media};
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower == "application/json" || (lower.starts_with("application/") && lower.ends_with("+json"));
}

}  // namespace

SignedIn extract_signed_in(Context& context) {
    const auto& claims = context.claims();
    if (!claims) throw NotSignedIn();
    return {claims->user, *claims};
}

json::Value extract_json(const Context& context) {
    auto type = context.request.headers["Content-Type"];
    if (!type.empty() && !is_json(type))
        throw ApiError(ErrorKind::unsupported_media_type, "The body must be application/json");
    auto value = json::parse(context.request.body);
    if (!value) throw Invalid(std::move(value.error()));
    return std::move(*value);
}

json::Value extract_query(const Context& context, const std::vector<std::string>& number_names) {
    auto pairs = parse_pairs(context.request.query);
    if (!pairs) throw Invalid("The query string is malformed");
    json::Object object;
    for (auto& [name, value] : *pairs) {
        if (value.empty()) continue;  // an empty form field counts as absent
        if (std::ranges::any_of(object, [&](const auto& member) { return member.first == name; })) {
            throw Invalid("must be given only once", name);
        }
        auto is_number = std::ranges::find(number_names, name) != number_names.end();
        object.emplace_back(std::move(name), is_number ? json::Value{json::Number{std::move(value)}}
                                                       : json::Value{std::move(value)});
    }
    return json::Value{std::move(object)};
}

IfMatch extract_if_match(const Context& context) {
    auto text = context.request.headers["If-Match"];
    if (text.empty() || text == "*") return {};
    if (text.starts_with("W/")) text.remove_prefix(2);
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"'))
        text = text.substr(1, text.size() - 2);
    std::int64_t version = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Invalid("If-Match must be a version, such as \"3\"");
    return {version};
}

IdempotencyKey extract_idempotency_key(Context& context) {
    IdempotencyKey result;
    result.traceparent = context.request.traceparent;
    auto key = context.request.headers["Idempotency-Key"];
    if (!context.request.headers.has("Idempotency-Key") || !context.claims()) return result;
    auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
    if (key.empty() || key.size() > 255 || !std::ranges::all_of(key, is_visible)) {
        throw Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters");
    }
    result.user = context.claims()->user.text;
    result.route = context.route;
    result.key = key;
    result.body_hash = body_hash(context.request);
    return result;
}

}  // namespace stagedoor::http
