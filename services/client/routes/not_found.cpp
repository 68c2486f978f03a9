// Unknown paths
//
//   404  a page for browsers; the standard error JSON for programs and for everything under /api
#include "common/http/status.hpp"
#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

Task<http::Response> lost(Visit& visit) {
    co_return error_page(visit, http::status_of(ErrorKind::not_found), {});
}

// Browsers accept HTML; programs send no Accept header, or ask for JSON.
bool is_browser(const http::Request& request) {
    auto accept = request.headers["Accept"];
    return accept.find("text/html") != std::string_view::npos && !prefers_json(accept);
}

}  // namespace

Task<http::Response> not_found(App& app, http::Context& context) {
    const auto& path = context.request.path;
    if (path == "/api" || path.starts_with("/api/") || !is_browser(context.request)) throw NotFound();
    co_return co_await run_page(app, context, lost);
}

}  // namespace stagedoor::client::routes
