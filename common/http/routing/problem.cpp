#include "common/http/routing/problem.hpp"

#include <algorithm>

#include "common/http/negotiation.hpp"
#include "common/http/status.hpp"
#include "common/json/value.hpp"
#include "common/language/message.hpp"
#include "common/runtime/log.hpp"
#include "common/security/proof_of_work.hpp"
#include "common/security/rate_limit.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::http {
namespace {

std::string document(int status, const Problems& problems, Language language) {
    std::string body = R"({"type":"about:blank","title":)";
    json::write_string(body, reason(status));
    body += fmt::format(R"(,"status":{},"errors":[)", status);
    for (const auto& each : problems) {
        if (body.back() == '}') body += ',';
        body += R"({"message":)";
        json::write_string(body, sentence(each, language));
        if (!each.field.empty()) {
            body += R"(,"field":)";
            json::write_string(body, each.field);
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

std::string field_in_words(std::string_view field, Language language) {
    auto name = field.substr(field.rfind('.') + 1);
    if (name.ends_with(']')) {  // "items[0]" → "Element 1 of items"
        auto open = name.rfind('[');
        auto index = std::strtoull(name.data() + open + 1, nullptr, 10);
        return language::to_text("Element {number} of {list}"_text.with("number", std::to_string(index + 1))
                                     .with("list", std::string{name.substr(0, open)}),
                                 language);
    }
    if (language != Language::en) return language::field_name(name, language);
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

std::string sentence(const Problem& problem, Language language) {
    const auto& [message, field] = problem;
    auto text = language::to_text(message, language);
    if (!language::is_predicate(message)) return text;
    auto subject =
        field.empty() ? language::to_text("The request"_text, language) : field_in_words(field, language);
    return language::with_subject(std::move(subject), std::move(text), language);
}

Response problem(int status, const Problems& problems, Language language) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.headers.add("Content-Language", std::string{to_tag(language)});
    response.headers.add("Cache-Control", "no-store");  // or caches may store a 404
    response.body = document(status, problems, language);
    return response;
}

Response problem(int status, Message message, Language language) {
    return problem(status, Problems{{std::move(message), {}}}, language);
}

Response problem(const ApiError& error, Language language) {
    auto response = problem(status_of(error.kind()), error.problems(), language);
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
    auto language = preferred_language(request.headers).value_or(Language::en);
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const ApiError& error) {
        return problem(error, language);
    } catch (const sql::DatabaseError& error) {
        log_failure(request, error.what());
        return problem(
            Unavailable("This isn't possible right now. Please try again"_text, std::chrono::seconds{5}),
            language);
    } catch (const std::exception& error) {
        log_failure(request, error.what());
    } catch (...) {
        log_failure(request, "not a std::exception");
    }
    return problem(internal_error, "Something went wrong"_text, language);
}

}  // namespace stagedoor::http
