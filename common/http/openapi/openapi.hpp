// The OpenAPI 3.1 document of the routes that are really served, generated from their declarations.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/json/value.hpp"

namespace stagedoor::http {

struct ParameterSpec {
    std::string name, in;  // "path", "query", "header"
    bool required = false;
    json::Value schema;
};

// The description of a route, from its parameter types, return type and registration.
struct RouteSpec {
    std::string method, pattern;
    std::string summary;
    std::vector<ParameterSpec> parameters;
    json::Value body_schema;  // null: no body
    std::vector<std::string> body_types{"application/json"};
    std::size_t body_limit = 0;  // for callers who are signed in; 0: the server's
    bool needs_session = false;
    int success = 200;
    json::Value response_schema;  // null: no body
    std::string response_type = "application/json";
    std::vector<int> errors;  // statuses, sorted; besides those that every route has
    bool hidden = false;      // pages, health checks: not part of the API document
    bool page = false;        // for browsers: another form of its path redirects to it

    void may_fail_with(ErrorKind kind);
};

// The document as JSON text, paths sorted.
[[nodiscard]] std::string openapi(std::string_view title, std::string_view version,
                                  std::string_view session_cookie,
                                  const std::vector<const RouteSpec*>& routes);

// Merges documents made by openapi() into that of a program with all their routes. Identical parts appear
// once; the error names the place where two documents contradict each other.
[[nodiscard]] std::expected<std::string, std::string> merge_openapi(
    const std::vector<std::string>& documents);

}  // namespace stagedoor::http
