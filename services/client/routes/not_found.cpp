// Every path that no route has
//
//   404  a page for a browser; the one error shape for programs, and for everything under /api
#include "services/client/guard.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

Task<http::Response> lost(Visit& visit) { co_return problem_page(visit, 404, {}); }

// A browser says that it takes HTML; who says nothing, or JSON, is a program.
bool is_browser(const http::Request& request) {
    auto accept = request.headers["Accept"];
    return accept.find("text/html") != std::string_view::npos && !prefers_json(accept);
}

}  // namespace

Task<http::Response> not_found(App& app, http::Context& context) {
    const auto& path = context.request.path;
    if (path == "/api" || path.starts_with("/api/") || !is_browser(context.request)) throw NotFound();
    co_return co_await guarded(app, context, lost);
}

}  // namespace stagedoor::client::routes
