#include "services/client/guard.hpp"

#include "common/http/routing/problem.hpp"
#include "services/client/next_path.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

struct ProblemView {
    std::string heading, text;
    std::optional<std::string> request_id;
    bool lost = false;  // a search may help
};
BOOST_DESCRIBE_STRUCT(ProblemView, (), (heading, text, request_id, lost))

// auth gives a new token at currentuser. In the second half of a token's life every page asks for one, so
// that a regular visitor is never signed out. It is no reason to fail when auth is away.
Task<> renew_session(Visit& visit) {
    if (!visit.user || visit.request.method != http::Method::get) co_return;
    auto lived = visit.app.clock.now() - visit.user->issued_at;
    if (lived * 2 < visit.user->expires_at - visit.user->issued_at) co_return;
    try {
        (void)co_await visit.get("auth", "/api/users/currentuser");
    } catch (const ServiceAway&) {
    }
}

ProblemView words_for(int status, const std::string& message) {
    switch (status) {
        case 404:
            return {"We couldn’t find that page",
                    "It may have been moved or taken down, or the address has a slip in it.",
                    {},
                    true};
        case 403:
            return {"That isn’t yours to see", message, {}, false};
        case 413:
            return {"That was too much at once", "Please send less and try again.", {}, false};
        case 429:
            return {"A little slower, please",
                    "There were many tries in a short time. Wait a minute and try again.",
                    {},
                    false};
        case 503:
            return {
                message, "We are on it. Please try again in a moment; nothing you did is lost.", {}, false};
        default:
            break;
    }
    if (status >= 500) {
        return {
            "Something went wrong", "That is our fault, not yours. Please try again in a moment.", {}, false};
    }
    return {"That didn’t work", message, {}, false};
}

http::Response explain(Visit& visit, const std::exception_ptr& thrown) {
    auto as_json = http::problem(thrown, visit.request);  // logs what is no refusal
    if (prefers_json(visit.request.headers["Accept"])) return as_json;
    try {
        std::rethrow_exception(thrown);
    } catch (const NotSignedIn&) {
        return visit.see_other(sign_in_first(visit.after_sign_in));
    } catch (const ApiError& error) {
        auto page = problem_page(visit, as_json.status,
                                 sentence(error.problems().empty() ? Problem{} : error.problems().front()));
        if (as_json.headers.has("Retry-After"))
            page.headers.add("Retry-After", std::string{as_json.headers["Retry-After"]});
        return page;
    } catch (...) {
        return problem_page(visit, 500, "");
    }
}

}  // namespace

bool prefers_json(std::string_view accept) {
    double json = 0, html = 0;
    std::string_view element;
    for (auto rest = accept; http::next_element(rest, element);) {
        auto end = std::min(element.find(';'), element.size());
        auto type = http::trimmed(element.substr(0, end));
        auto q = http::quality(element.substr(end));
        if (type == "application/json" || type == "application/problem+json") json = std::max(json, q);
        if (type == "text/html" || type == "application/xhtml+xml") html = std::max(html, q);
    }
    return json > html;
}

http::Response problem_page(Visit& visit, int status, const std::string& message) {
    auto view = words_for(status, message);
    if (status >= 500) view.request_id = visit.request.request_id;
    auto title = view.heading;
    return visit.page(status, "problem.html", std::move(title), view);
}

Task<http::Response> guarded(App& app, http::Context& context, Page page) {
    Visit visit{app, context};
    std::exception_ptr thrown;
    try {
        co_await renew_session(visit);
        auto response = co_await page(visit);
        co_return visit.finish(std::move(response));
    } catch (...) {
        thrown = std::current_exception();
    }
    co_return visit.finish(explain(visit, thrown));
}

}  // namespace stagedoor::client
