// What is true of every page: a visitor's session is renewed in time, and whatever goes wrong is told as a
// page that a person can read, never as JSON.
#pragma once

#include "services/client/visit.hpp"

namespace stagedoor::client {

using Page = Task<http::Response> (*)(Visit& visit);

[[nodiscard]] Task<http::Response> guarded(App& app, http::Context& context, Page page);

// A route that answers with a page.
template <Page answer>
Task<http::Response> page(App& app, http::Context& context) {
    return guarded(app, context, answer);
}

// Whether the one who asks would rather have JSON than HTML: a program, not a browser.
[[nodiscard]] bool prefers_json(std::string_view accept);

// The page for a path that is none, or for what went wrong.
[[nodiscard]] http::Response problem_page(Visit& visit, int status, const std::string& message);

}  // namespace stagedoor::client
