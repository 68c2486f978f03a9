#include "common/http/routing/problem.hpp"

#include <algorithm>

#include "common/http/status.hpp"
#include "common/json/value.hpp"
#include "common/runtime/log.hpp"
#include "common/security/proof_of_work.hpp"
#include "common/security/rate_limit.hpp"
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
        json::write_string(body, sentence({message, field}));
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

// The limit that was reached, and when it allows more (draft-ietf-httpapi-ratelimit-headers).
void add_limit(Response& response, const security::RateLimitReached& reached) {
    auto seconds = [](std::chrono::milliseconds time) {
        return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 0);
    };
    const auto& limit = reached.limit;
    response.headers.add("RateLimit-Policy", fmt::format(R"("{}";q={};w={})", limit.name, limit.max_attempts,
                                                         seconds(limit.window)));
    response.headers.add("RateLimit", fmt::format(R"("{}";r=0;t={})", limit.name,
                                                  seconds(reached.retry_after.value_or(limit.window))));
}

}  // namespace

std::string field_in_words(std::string_view field) {
    auto name = field.substr(field.rfind('.') + 1);
    if (name.ends_with(']')) {  // "items[0]" → "Element 1 of items"
        auto open = name.rfind('[');
        auto index = std::strtoull(name.data() + open + 1, nullptr, 10);
        return fmt::format("Element {} of {}", index + 1, name.substr(0, open));
    }
    std::string words;
    for (auto c : name) {
        auto begins_word = c >= 'A' && c <= 'Z' && name.find('-') == std::string_view::npos;
        if (begins_word) words += ' ';
        words += begins_word ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (words == "id" || words.ends_with(" id")) words.replace(words.size() - 2, 2, "ID");
    if (!words.empty() && words.front() >= 'a' && words.front() <= 'z')
        words.front() = static_cast<char>(words.front() - 'a' + 'A');
    return words;
}

std::string sentence(const Problem& problem) {
    const auto& [message, field] = problem;
    auto is_predicate = !message.empty() && message.front() >= 'a' && message.front() <= 'z';
    if (!is_predicate) return message;
    return (field.empty() ? "The request" : field_in_words(field)) + " " + message;
}

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
    if (const auto* reached = dynamic_cast<const security::RateLimitReached*>(&error))
        add_limit(response, *reached);
    if (const auto* required = dynamic_cast<const security::ProofRequired*>(&error)) {
        response.headers.add("Proof-Of-Work", fmt::format(R"(pbkdf2-sha256;salt="{}";iterations={};bits={})",
                                                          required->challenge, security::proof_iterations,
                                                          security::proof_zero_bits));
    }
    if (!error.allow.empty()) response.headers.add("Allow", error.allow);
    if (!error.accept_encoding.empty()) response.headers.add("Accept-Encoding", error.accept_encoding);
    // Required by RFC 9110 (11.6.1). Browsers don't ask for a password because of this scheme.
    if (error.kind() == ErrorKind::not_signed_in)
        response.headers.add("WWW-Authenticate", R"(Bearer realm="stagedoor")");
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
