#include "services/client/page.hpp"

#include "common/http/negotiation.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/status.hpp"
#include "services/client/next_path.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

// auth issues a new token at currentuser. In the second half of a token's life every page requests one, so
// that regular visitors stay signed in, and so do users who need to confirm their address and may have done
// so. If auth is down, the page still works.
Task<> renew_session(Visit& visit) {
    if (!visit.user || visit.request.method != http::Method::get) co_return;
    auto age = visit.app.clock.now() - visit.user->issued_at;
    auto is_young = age * 2 < visit.user->expires_at - visit.user->issued_at;
    auto may_be_confirmed = visit.app.needs_confirmed_emails && !visit.user->confirmed;
    if (is_young && !may_be_confirmed) co_return;
    try {
        (void)co_await visit.get("auth", "/api/users/currentuser");
    } catch (const ServiceUnavailable&) {
    }
}

ErrorView view_of(const language::Texts& text, int status, const std::string& message) {
    using enum ErrorKind;
    auto kind = http::error_kind_of(status);
    if (kind == not_found)
        return {.heading = text("problem.lost"),
                .text = text("problem.lost_text"),
                .request_id = {},
                .lost = true};
    if (kind == forbidden) return {text("problem.forbidden"), message, {}};
    if (kind == too_large) return {text("problem.large"), text("problem.large_text"), {}};
    if (kind == too_many_requests) return {text("problem.slow_down"), text("problem.slow_down_text"), {}};
    if (kind == unavailable) return {message, text("problem.trouble"), {}};
    if (status >= http::internal_error) return {text("problem.wrong"), text("problem.wrong_text"), {}};
    return {text("form.failed"), message, {}};
}

http::Response error_response(Visit& visit, const std::exception_ptr& thrown) {
    auto as_json = http::problem(thrown, visit.request);  // logs what is not an ApiError
    if (http::prefers_json(visit.request.headers)) return as_json;
    try {
        std::rethrow_exception(thrown);
    } catch (const NotSignedIn&) {
        return visit.see_other(
            sign_in_url(visit.after_sign_in.empty() ? visit.form_page : visit.after_sign_in));
    } catch (const ApiError& error) {
        auto page = error_page(
            visit, as_json.status,
            sentence(error.problems().empty() ? Problem{} : error.problems().front(), visit.language));
        if (as_json.headers.has("Retry-After"))
            page.headers.add("Retry-After", std::string{as_json.headers["Retry-After"]});
        return page;
    } catch (...) {
        return error_page(visit, http::internal_error, "");
    }
}

// A form's error as its page shows it.
struct Rejection {
    int status = http::internal_error;
    Problems problems;
    bool needs_sign_in = false;
};

Rejection rejection_of(Visit& visit, const std::exception_ptr& thrown) {
    auto response = http::problem(thrown, visit.request);  // logs what is not an ApiError
    try {
        std::rethrow_exception(thrown);
    } catch (const NotSignedIn&) {
        return {response.status, {}, true};
    } catch (const ServiceUnavailable& error) {
        return {response.status,
                {{Message::as_is(visit.text(
                      "problem.try_again",
                      {{"problem", std::string_view{sentence(error.problems().front(), visit.language)}}})),
                  {}}}};
    } catch (const ApiError& error) {
        return {response.status, error.problems()};
    } catch (...) {
        auto text = visit.text("problem.wrong_form", {{"id", std::string_view{visit.request.request_id}}});
        return {response.status, {{Message::as_is(std::move(text)), {}}}};
    }
}

// The form on its page, in the response to the POST.
Task<http::Response> show_in_place(Visit& visit, const Rejection& rejection, Page show) {
    auto message =
        sentence(rejection.problems.empty() ? Problem{} : rejection.problems.front(), visit.language);
    http::Response response;
    try {
        response = co_await show(visit);
    } catch (const std::exception&) {  // whatever kept the form from being accepted
        co_return error_page(visit, rejection.status, message);
    }
    if (response.status == http::ok) response.status = rejection.status;
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<http::Response> reject_form(Visit& visit, const std::exception_ptr& thrown, Page show) {
    auto rejection = rejection_of(visit, thrown);
    visit.reject(rejection.status, rejection.problems);
    auto to_sign_in = rejection.needs_sign_in && !visit.after_sign_in.empty();
    auto page = to_sign_in ? visit.after_sign_in : visit.form_page;
    auto address = co_await visit.save_draft(page);
    if (rejection.needs_sign_in) co_return visit.see_other(sign_in_url(address.value_or(page)));
    if (address) co_return visit.see_other(std::move(*address));
    co_return co_await show_in_place(visit, rejection, show);
}

}  // namespace

http::Response error_page(Visit& visit, int status, const std::string& message) {
    return error_page(visit, status, view_of(visit.text, status, message));
}

http::Response error_page(Visit& visit, int status, ErrorView view) {
    if (status >= http::internal_error) view.request_id = visit.request.request_id;
    auto title = view.heading;
    return visit.page(status, "problem.html", std::move(title), view);
}

Task<http::Response> run_page(App& app, http::Context& context, Page page) {
    Visit visit{app, context};
    std::exception_ptr thrown;
    try {
        if (auto id = visit.query()["draft"]; !id.empty())
            visit.draft = co_await visit.load_draft(std::move(id));
        co_await renew_session(visit);
        auto response = co_await page(visit);
        co_return visit.finish(std::move(response));
    } catch (...) {
        thrown = std::current_exception();
    }
    co_return visit.finish(error_response(visit, thrown));
}

http::Response run_error_page(App& app, http::Context& context, const ApiError& error) {
    Visit visit{app, context};
    return visit.finish(error_response(visit, std::make_exception_ptr(error)));
}

Task<http::Response> run_form(App& app, http::Context& context, Page submit, Page show) {
    Visit visit{app, context};
    std::exception_ptr thrown;
    try {
        auto response = co_await submit(visit);
        co_return visit.finish(std::move(response));
    } catch (...) {
        thrown = std::current_exception();
    }
    if (http::prefers_json(visit.request.headers))
        co_return visit.finish(http::problem(thrown, visit.request));
    auto response = co_await reject_form(visit, thrown, show);
    co_return visit.finish(std::move(response));
}

}  // namespace stagedoor::client
