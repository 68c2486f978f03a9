#include "common/http/openapi/openapi.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "common/http/message.hpp"
#include "common/http/status.hpp"
#include "common/json/value.hpp"

namespace stagedoor::http {
namespace {

constexpr std::string_view problem_schema =
    R"({"type":"object","required":["errors"],"properties":{"type":{"type":"string"},"title":{"type":"string"},)"
    R"("status":{"type":"integer"},"errors":{"type":"array","minItems":1,"items":{"type":"object","required":["message"],)"
    R"("properties":{"message":{"type":"string"},"field":{"type":"string"}}}}}})";

std::string json_text(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
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
    auto id = route.method;
    std::ranges::transform(id, id.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (auto c : route.pattern) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            id += c;
        else if (!id.ends_with('_'))
            id += '_';
    }
    return id;
}

std::string parameters(const RouteSpec& route) {
    std::string out;
    for (const auto& parameter : route.parameters) {
        if (!out.empty()) out += ',';
        out += R"({"name":)" + json_text(parameter.name) + R"(,"in":)" + json_text(parameter.in) +
               R"(,"required":)" + (parameter.required ? "true" : "false") + R"(,"schema":)" +
               parameter.schema + "}";
    }
    return "[" + out + "]";
}

std::string responses(const RouteSpec& route) {
    auto out = "{" + json_text(std::to_string(route.success)) + R"(:{"description":)" +
               json_text(reason(route.success));
    if (!route.response_schema.empty()) {
        out += R"(,"content":{)" + json_text(route.response_type) + R"(:{"schema":)" + route.response_schema +
               "}}";
    }
    out += '}';
    for (auto status : route.errors) {
        out +=
            "," + json_text(std::to_string(status)) + R"(:{"description":)" + json_text(reason(status)) +
            R"(,"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}})";
    }
    return out + "}";
}

std::string operation(const RouteSpec& route) {
    auto out = R"({"operationId":)" + json_text(operation_id(route));
    if (!route.summary.empty()) out += R"(,"summary":)" + json_text(route.summary);
    if (!route.parameters.empty()) out += R"(,"parameters":)" + parameters(route);
    if (!route.body_schema.empty()) {
        out += R"(,"requestBody":{"required":true,"content":{"application/json":{"schema":)" +
               route.body_schema + "}}}";
    }
    if (route.needs_session) out += R"(,"security":[{"cookie":[]},{"bearer":[]}])";
    return out + R"(,"responses":)" + responses(route) + "}";
}

}  // namespace

void RouteSpec::may_fail_with(ErrorKind kind) {
    auto status = status_of(kind);
    if (std::ranges::find(errors, status) == errors.end()) errors.push_back(status);
    std::ranges::sort(errors);
}

std::string openapi(std::string_view title, std::string_view version, std::string_view session_cookie,
                    const std::vector<const RouteSpec*>& routes) {
    std::map<std::string, std::map<std::string, std::string>> paths;  // path → method → operation
    for (const auto* route : routes) {
        if (route->hidden) continue;
        auto method = route->method;
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        paths[templated(route->pattern)][method] = operation(*route);
    }
    std::string out = R"({"openapi":"3.1.0","info":{"title":)" + json_text(title) + R"(,"version":)" +
                      json_text(version) + R"(},"paths":{)";
    bool first_path = true;
    for (const auto& [path, methods] : paths) {
        if (!std::exchange(first_path, false)) out += ',';
        out += json_text(path) + ":{";
        bool first_method = true;
        for (const auto& [method, text] : methods) {
            if (!std::exchange(first_method, false)) out += ',';
            out += json_text(method) + ":" + text;
        }
        out += '}';
    }
    out += R"(},"components":{"securitySchemes":{"cookie":{"type":"apiKey","in":"cookie","name":)" +
           json_text(session_cookie) + "},";
    out += R"("bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT"}},"schemas":{"Problem":)";
    return out.append(problem_schema) + "}}}";
}

namespace {

std::string text_of(const json::Value& value) {
    std::string out;
    json::write_value(out, value);
    return out;
}

// Objects become one down to `depth` levels; what lies deeper is whole, and must be the same in both. Gives the place
// where it isn't.
std::optional<std::string> contradiction(json::Object& all, const json::Object& more, int depth,
                                         const std::string& place = "") {
    for (const auto& [name, member] : more) {
        auto known = std::ranges::find(all, name, &json::Object::value_type::first);
        if (known == all.end()) {
            all.emplace_back(name, member);
            continue;
        }
        auto* inside = std::get_if<json::Object>(&known->second.held);
        auto here = place.empty() ? name : place + " " + name;
        if (inside && member.object() && depth > 0) {
            if (auto found = contradiction(*inside, *member.object(), depth - 1, here)) return found;
        } else if (text_of(known->second) != text_of(member)) {
            return here;
        }
    }
    return std::nullopt;
}

void sort_by_name(json::Object& object) { std::ranges::sort(object, {}, &json::Object::value_type::first); }

// As openapi() has it.
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
        if (!document) return std::unexpected("an OpenAPI document is no JSON: " + document.error());
        if (!document->object()) return std::unexpected("an OpenAPI document is no JSON object");
        if (auto place = contradiction(all, *document->object(), to_operations_and_schemas))
            return std::unexpected("two OpenAPI documents contradict each other: " + *place);
    }
    sort_paths(all);
    return text_of(json::Value{std::move(all)});
}

}  // namespace stagedoor::http
