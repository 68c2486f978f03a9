#include "common/http/routing/responses.hpp"

namespace stagedoor::http {

Response json_response(int status, std::string body, Headers headers) {
    Response response{status, std::move(headers), std::move(body)};
    response.headers.set("Content-Type", "application/json");
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "private, no-cache");
    return response;
}

std::string next_link(const Request& request, std::string_view cursor) {
    auto target = request.path + "?";
    for (const auto& [name, value] : parse_pairs(request.query).value_or(Pairs{})) {
        if (name == "after") continue;
        target += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    return "<" + target + "after=" + percent_encode(cursor) + R"(>; rel="next")";
}

}  // namespace stagedoor::http
