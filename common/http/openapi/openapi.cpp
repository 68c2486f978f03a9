#include "common/http/openapi/openapi.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "common/http/message.hpp"
#include "common/http/status.hpp"
#include "common/json/object.hpp"
#include "common/language/message.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::http {
namespace {

using json::add_member, json::array, json::object, json::Object, json::Value;

// "/api/orders/:id" → "/api/orders/{id}"
std::string templated(std::string_view pattern) {
    std::string out;
    bool in_name = false;
    for (auto c : pattern) {
        if (c == ':') {
            out += '{';
            in_name = true;
            continue;
        }
        if (c == '/' && std::exchange(in_name, false)) out += '}';
        out += c;
    }
    if (in_name) out += '}';
    return out;
}

std::string operation_id(const RouteSpec& route) {
    auto id = text::to_lower(route.method);
    for (auto c : route.pattern) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            id += c;
        else if (!id.ends_with('_'))
            id += '_';
    }
    return id;
}

Value parameters(const RouteSpec& route) {
    json::Array all;
    for (const auto& [name, in, required, schema] : route.parameters)
        all.push_back(object({{"name", name}, {"in", in}, {"required", required}, {"schema", schema}}));
    return Value{std::move(all)};
}

Value content(std::string_view type, const Value& schema) {
    return object({{type, object({{"schema", schema}})}});
}

Value content(const std::vector<std::string>& types, const Value& schema) {
    Value all{json::Object{}};
    for (const auto& type : types) add_member(all, type, object({{"schema", schema}}));
    return all;
}

// The statuses of errors: the route's own, and those that any route may have.
std::set<int> error_statuses(const RouteSpec& route) {
    using enum ErrorKind;
    std::set<int> all{route.errors.begin(), route.errors.end()};
    for (auto kind : {invalid, unavailable}) all.insert(status_of(kind));
    all.insert(internal_error);
    if (route.method == "GET") {
        all.insert(status_of(precondition_failed));
    } else {
        for (auto kind : {forbidden, unsupported_media_type})
            all.insert(status_of(kind));  // from another site
    }
    return all;
}

Value problem_response(std::string_view description) {
    auto problem = object({{"$ref", "#/components/schemas/Problem"}});
    return object({{"description", description}, {"content", content("application/problem+json", problem)}});
}

Value responses(const RouteSpec& route) {
    auto success = object({{"description", reason(route.success)}});
    if (!route.response_schema.is_null())
        add_member(success, "content", content(route.response_type, route.response_schema));
    auto all = object({{std::to_string(route.success), std::move(success)}});
    if (route.method == "GET")
        add_member(all, std::to_string(not_modified), object({{"description", reason(not_modified)}}));
    for (auto status : error_statuses(route))
        add_member(all, std::to_string(status), problem_response(reason(status)));
    add_member(all, "default",
               problem_response("Any other error, such as a request that is too large or slow"));
    return all;
}

Value operation(const RouteSpec& route) {
    auto all = object({{"operationId", operation_id(route)}});
    if (!route.summary.empty()) add_member(all, "summary", route.summary);
    if (!route.parameters.empty()) add_member(all, "parameters", parameters(route));
    if (!route.body_schema.is_null())
        add_member(all, "requestBody",
                   object({{"required", true}, {"content", content(route.body_types, route.body_schema)}}));
    if (route.needs_session)
        add_member(all, "security",
                   array({object({{"cookie", array({})}}), object({{"bearer", array({})}})}));
    add_member(all, "responses", responses(route));
    return all;
}

Value problem_schema() {
    auto text = object({{"type", "string"}});
    auto error = object({{"type", "object"},
                         {"required", array({"message"})},
                         {"properties", object({{"message", text}, {"field", text}})}});
    return object({{"type", "object"},
                   {"required", array({"type", "title", "status", "errors"})},
                   {"properties",
                    object({{"type", text},
                            {"title", text},
                            {"status", object({{"type", "integer"}})},
                            {"errors", object({{"type", "array"}, {"minItems", 1}, {"items", error}})}})}});
}

Value components(std::string_view session_cookie) {
    auto cookie = object({{"type", "apiKey"}, {"in", "cookie"}, {"name", session_cookie}});
    auto bearer = object({{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}});
    return object({{"securitySchemes", object({{"cookie", cookie}, {"bearer", bearer}})},
                   {"schemas", object({{"Problem", problem_schema()}})}});
}

std::string text_of(const Value& value) {
    std::string out;
    json::write_value(out, value);
    return out;
}

}  // namespace

void RouteSpec::may_fail_with(ErrorKind kind) {
    auto status = status_of(kind);
    if (std::ranges::find(errors, status) == errors.end()) errors.push_back(status);
    std::ranges::sort(errors);
}

std::string openapi(std::string_view title, std::string_view version, std::string_view session_cookie,
                    const std::vector<const RouteSpec*>& routes) {
    std::map<std::string, std::map<std::string, Value>> operations;  // by path and method
    for (const auto* route : routes) {
        if (!route->hidden)
            operations[templated(route->pattern)][text::to_lower(route->method)] = operation(*route);
    }
    Object paths;
    for (auto& [path, methods] : operations)
        paths.emplace_back(path, Value{Object(methods.begin(), methods.end())});
    return text_of(object({{"openapi", "3.1.0"},
                           {"info", object({{"title", title}, {"version", version}})},
                           {"paths", std::move(paths)},
                           {"components", components(session_cookie)}}));
}

namespace {

// Merges `more` into `all`, object by object down to `depth` levels; anything deeper must be the same in
// both. Returns the place where it isn't.
std::optional<std::string> merge_into(json::Object& all, const json::Object& more, int depth,
                                      const std::string& place = "") {
    for (const auto& [name, member] : more) {
        auto known = std::ranges::find(all, name, &json::Object::value_type::first);
        if (known == all.end()) {
            all.emplace_back(name, member);
            continue;
        }
        if (place.empty() && name == "info")
            continue;  // during an upgrade, versions differ: the first counts
        auto* inside = std::get_if<json::Object>(&known->second.held);
        auto here = place.empty() ? name : place + " " + name;
        if (inside && member.object() && depth > 0) {
            if (auto found = merge_into(*inside, *member.object(), depth - 1, here)) return found;
        } else if (text_of(known->second) != text_of(member)) {
            return here;
        }
    }
    return std::nullopt;
}

void sort_by_name(json::Object& object) { std::ranges::sort(object, {}, &json::Object::value_type::first); }

// In the order that openapi() writes.
void sort_paths(json::Object& document) {
    for (auto& [name, member] : document) {
        auto* paths = std::get_if<json::Object>(&member.held);
        if (name != "paths" || !paths) continue;
        sort_by_name(*paths);
        for (auto& [path, methods] : *paths) {
            if (auto* each = std::get_if<json::Object>(&methods.held)) sort_by_name(*each);
        }
    }
}

}  // namespace

std::expected<std::string, std::string> merge_openapi(const std::vector<std::string>& documents) {
    constexpr int to_operations_and_schemas = 2;  // paths → path → method; components → kind → name
    json::Object all;
    for (const auto& text : documents) {
        auto document = json::parse(text);
        if (!document)
            return std::unexpected("an OpenAPI document is not JSON: " + language::to_text(document.error()));
        if (!document->object()) return std::unexpected("an OpenAPI document is not a JSON object");
        if (auto place = merge_into(all, *document->object(), to_operations_and_schemas))
            return std::unexpected("two OpenAPI documents contradict each other: " + *place);
    }
    sort_paths(all);
    return text_of(json::Value{std::move(all)});
}

}  // namespace stagedoor::http
