// Common to all pages and forms: sessions are renewed in time, errors become HTML pages rather than JSON, and
// a form that is not accepted comes back with its input.
#pragma once

#include "services/client/visit.hpp"

namespace stagedoor::client {

using Page = Task<http::Response> (*)(Visit& visit);

[[nodiscard]] Task<http::Response> run_page(App& app, http::Context& context, Page page);

// Makes a route of a page.
template <Page render>
Task<http::Response> page(App& app, http::Context& context) {
    return run_page(app, context, render);
}

// A form: `submit` handles it, and throws if it can't be accepted. Its input and errors are then kept as a
// draft, and the response redirects to its page (or to sign-in, and from there), so that going back or
// reloading sends nothing again. If no draft can be kept, `show` shows the form in the response to the POST.
[[nodiscard]] Task<http::Response> run_form(App& app, http::Context& context, Page submit, Page show);

// The error as a page, for browsers.
[[nodiscard]] http::Response run_error_page(App& app, http::Context& context, const ApiError& error);

// Makes a route of a form.
template <Page submit, Page show>
Task<http::Response> form(App& app, http::Context& context) {
    return run_form(app, context, submit, show);
}

struct ErrorView {
    std::string heading, text;
    std::optional<std::string> request_id;
    bool lost = false;  // offers to browse tickets
};
BOOST_DESCRIBE_STRUCT(ErrorView, (), (heading, text, request_id, lost))

// `message` is shown where the status alone does not explain the error.
[[nodiscard]] http::Response error_page(Visit& visit, int status, const std::string& message);
[[nodiscard]] http::Response error_page(Visit& visit, int status, ErrorView view);

}  // namespace stagedoor::client
