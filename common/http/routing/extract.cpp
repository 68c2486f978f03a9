#include "common/http/routing/extract.hpp"

#include <algorithm>

#include "common/http/server/conditional.hpp"
#include "common/text/ascii.hpp"
#include "common/text/digest.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::http {
namespace {

// Covers the path, which names the entity, and the body.
std::string hash(const Request& request, std::string_view body) {
    auto content = request.path + "\n";
    content += body;
    return text::digest(content, 16);
}

bool is_json(std::string_view content_type) {
    auto lower = text::to_lower(trimmed(content_type.substr(0, content_type.find(';'))));
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
        throw ApiError(ErrorKind::unsupported_media_type, "The body must be application/json"_text);
    const json::Value without_members{json::Object{}};
    if (context.request.body.find_first_not_of(" \t\r\n") == std::string::npos) return without_members;
    auto value = json::parse(context.request.body);
    if (!value) throw Invalid(std::move(value.error()));
    return value->object() ? std::move(*value) : without_members;
}

json::Value extract_query(const Context& context, const std::vector<std::string>& number_names) {
    auto pairs = parse_pairs(context.request.query);
    if (!pairs) throw Invalid("The query string is malformed"_text);
    json::Object object;
    for (auto& [name, value] : *pairs) {
        if (value.empty()) continue;  // an empty form field counts as absent
        if (std::ranges::any_of(object, [&](const auto& member) { return member.first == name; })) {
            throw Invalid("must be given only once"_text, name);
        }
        auto is_number = std::ranges::find(number_names, name) != number_names.end();
        object.emplace_back(std::move(name), is_number ? json::Value{json::Number{std::move(value)}}
                                                       : json::Value{std::move(value)});
    }
    return json::Value{std::move(object)};
}

bool IfMatch::allows(std::int64_t version) const {
    // RFC 9110: If-Match compares strongly, If-None-Match weakly.
    auto lists = [version](const EntityTags& list, bool weakly) {
        return list.any || std::ranges::any_of(list.tags, [&](const EntityTag& tag) {
                   return version_of({tag.opaque, tag.weak && !weakly}) == version;
               });
    };
    return (!if_match || lists(*if_match, false)) && (!if_none_match || !lists(*if_none_match, true));
}

IfMatch extract_if_match(const Context& context) {
    auto read = [&](std::string_view name) -> std::optional<EntityTags> {
        auto text = context.request.headers.joined(name);
        if (text.empty()) return std::nullopt;
        auto is_bare_version = std::ranges::all_of(text, text::is_digit);
        auto tags = EntityTags::parse(is_bare_version ? '"' + text + '"' : text);
        if (tags.malformed)
            throw Invalid("{header} must be a version, such as \"3\""_text.with("header", std::string{name}),
                          std::string{name});
        return tags;
    };
    return {read("If-Match"), read("If-None-Match")};
}

const std::string& extract_path_value(const Context& context) {
    const auto& value = context.path_values.at(0);
    if (!text::is_utf8(value)) throw NotFound();
    return value;
}

IdempotencyKey extract_idempotency_key(Context& context, const json::Value& body) {
    IdempotencyKey result;
    result.traceparent = context.request.traceparent;
    auto key = context.request.headers["Idempotency-Key"];
    if (!context.request.headers.has("Idempotency-Key") || !context.claims()) return result;
    auto is_visible = [](char c) { return c > ' ' && c < 0x7F; };
    if (key.empty() || key.size() > 255 || !std::ranges::all_of(key, is_visible)) {
        throw Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters"_text, "Idempotency-Key");
    }
    result.user = context.claims()->user.text;
    result.route = context.route;
    result.key = key;
    result.body_hash = hash(context.request, context.request.body);
    result.content_hash = hash(context.request, json::canonical(body));
    return result;
}

}  // namespace stagedoor::http
