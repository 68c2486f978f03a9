// Common to all pages: sessions are renewed in time, and errors become HTML pages rather than JSON.
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

// `message` is shown where the status alone does not explain the error.
[[nodiscard]] http::Response error_page(Visit& visit, int status, const std::string& message);

}  // namespace stagedoor::client
