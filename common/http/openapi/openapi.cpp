#include "common/http/openapi/openapi.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "common/http/message.hpp"
#include "common/http/status.hpp"
#include "common/json/value.hpp"

namespace stagedoor::http {
namespace {

constexpr std::string_view problem_schema = R"({
    "type": "object", "required": ["type", "title", "status", "errors"], "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "errors": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["message"],
            "properties": {"message": {"type": "string"}, "field": {"type": "string"}}}}}})";
constexpr std::string_view bearer_scheme = R"({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})";
constexpr std::string_view problem_content =
    R"({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}})";
constexpr std::string_view needs_session = R"([{"cookie": []}, {"bearer": []}])";

using json::Array;
using json::Object;
using json::Value;

Value text(std::string_view string) { return Value{std::string{string}}; }
Value parsed(std::string_view schema) { return json::parse(schema).value(); }

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

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
    auto id = lower_case(route.method);
    for (auto c : route.pattern) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            id += c;
        else if (!id.ends_with('_'))
            id += '_';
    }
    return id;
}

Value parameters(const RouteSpec& route) {
    Array all;
    for (const auto& [name, in, required, schema] : route.parameters)
        all.emplace_back(Object{{"name", text(name)},
                                {"in", text(in)},
                                {"required", Value{required}},
                                {"schema", parsed(schema)}});
    return Value{std::move(all)};
}

Value content(std::string_view type, std::string_view schema) {
    return Value{Object{{std::string{type}, Value{Object{{"schema", parsed(schema)}}}}}};
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
    return Value{Object{{"description", text(description)}, {"content", parsed(problem_content)}}};
}

Value responses(const RouteSpec& route) {
    Object success{{"description", text(reason(route.success))}};
    if (!route.response_schema.empty())
        success.emplace_back("content", content(route.response_type, route.response_schema));
    Object all{{std::to_string(route.success), Value{std::move(success)}}};
    if (route.method == "GET")
        all.emplace_back(std::to_string(not_modified),
                         Value{Object{{"description", text(reason(not_modified))}}});
    for (auto status : error_statuses(route))
        all.emplace_back(std::to_string(status), problem_response(reason(status)));
    all.emplace_back("default",
                     problem_response("Any other error, such as a request that is too large or slow"));
    return Value{std::move(all)};
}

Value operation(const RouteSpec& route) {
    Object all{{"operationId", text(operation_id(route))}};
    if (!route.summary.empty()) all.emplace_back("summary", text(route.summary));
    if (!route.parameters.empty()) all.emplace_back("parameters", parameters(route));
    if (!route.body_schema.empty())
        all.emplace_back("requestBody",
                         Value{Object{{"required", Value{true}},
                                      {"content", content("application/json", route.body_schema)}}});
    if (route.needs_session) all.emplace_back("security", parsed(needs_session));
    all.emplace_back("responses", responses(route));
    return Value{std::move(all)};
}

Value components(std::string_view session_cookie) {
    Object cookie{{"type", text("apiKey")}, {"in", text("cookie")}, {"name", text(session_cookie)}};
    Object schemes{{"cookie", Value{std::move(cookie)}}, {"bearer", parsed(bearer_scheme)}};
    return Value{Object{{"securitySchemes", Value{std::move(schemes)}},
                        {"schemas", Value{Object{{"Problem", parsed(problem_schema)}}}}}};
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
            operations[templated(route->pattern)][lower_case(route->method)] = operation(*route);
    }
    Object paths;
    for (auto& [path, methods] : operations)
        paths.emplace_back(path, Value{Object(methods.begin(), methods.end())});
    return text_of(Value{Object{{"openapi", text("3.1.0")},
                                {"info", Value{Object{{"title", text(title)}, {"version", text(version)}}}},
                                {"paths", Value{std::move(paths)}},
                                {"components", components(session_cookie)}}});
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
        if (!document) return std::unexpected("an OpenAPI document is not JSON: " + document.error());
        if (!document->object()) return std::unexpected("an OpenAPI document is not a JSON object");
        if (auto place = merge_into(all, *document->object(), to_operations_and_schemas))
            return std::unexpected("two OpenAPI documents contradict each other: " + *place);
    }
    sort_paths(all);
    return text_of(json::Value{std::move(all)});
}

}  // namespace stagedoor::http
