// OpenAPI 3.1 of what is really served: made from the routes' own declarations.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"

namespace stagedoor::http {

struct ParameterSpec {
    std::string name, in;  // "path", "query", "header"
    bool required = false;
    std::string schema;  // JSON
};

// What one route takes and answers, gathered from its parameter and return types and its registration.
struct RouteSpec {
    std::string method, pattern;
    std::string summary;
    std::vector<ParameterSpec> parameters;
    std::string body_schema;  // JSON; empty: takes no body
    bool needs_session = false;
    int success = 200;
    std::string response_schema;  // JSON; empty: no body
    std::string response_type = "application/json";
    std::vector<int> errors;  // statuses, sorted
    bool hidden = false;      // pages, probes: not part of the API document

    void may_fail_with(ErrorKind kind);
};

// The document as JSON text, paths sorted.
[[nodiscard]] std::string openapi(std::string_view title, std::string_view version,
                                  std::string_view session_cookie,
                                  const std::vector<const RouteSpec*>& routes);

// One document of several programs' documents, all made by openapi(): what a program with all their routes would
// serve. What they say alike stands in it once; where two contradict each other, says where.
[[nodiscard]] std::expected<std::string, std::string> merge_openapi(
    const std::vector<std::string>& documents);

}  // namespace stagedoor::http
