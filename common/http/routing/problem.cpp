#include "common/http/routing/problem.hpp"

#include <algorithm>

#include "common/http/status.hpp"
#include "common/json/value.hpp"
#include "common/runtime/log.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::http {
namespace {

std::string document(int status, const Problems& problems) {
    std::string body = R"({"type":"about:blank","title":)";
    json::write_string(body, reason(status));
    body += fmt::format(R"(,"status":{},"errors":[)", status);
    for (const auto& [message, field] : problems) {
        if (body.back() == '}') body += ',';
        body += R"({"message":)";
        json::write_string(body, message);
        if (!field.empty()) {
            body += R"(,"field":)";
            json::write_string(body, field);
        }
        body += '}';
    }
    return body += "]}";
}

void log_failure(const Request& request, std::string_view what) {
    log::error("request failed", {{"request_id", request.request_id},
                                  {"method", to_text(request.method)},
                                  {"path", request.path},
                                  {"error", what}});
}

}  // namespace

Response problem(int status, const Problems& problems) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.headers.add("Cache-Control", "no-store");  // or caches may store a 404
    response.body = document(status, problems);
    return response;
}

Response problem(int status, std::string message) {
    return problem(status, Problems{{std::move(message), {}}});
}

Response problem(const ApiError& error) {
    auto response = problem(status_of(error.kind()), error.problems());
    if (error.retry_after) {
        auto seconds = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
        response.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 0)));
    }
    if (!error.allow.empty()) response.headers.add("Allow", error.allow);
    return response;
}

Response problem(std::exception_ptr thrown, const Request& request) {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const ApiError& error) {
        return problem(error);
    } catch (const sql::DatabaseError& error) {
        log_failure(request, error.what());
        return problem(
            Unavailable("This isn't possible right now. Please try again", std::chrono::seconds{5}));
    } catch (const std::exception& error) {
        log_failure(request, error.what());
    } catch (...) {
        log_failure(request, "not a std::exception");
    }
    return problem(internal_error, "Something went wrong");
}

}  // namespace stagedoor::http
