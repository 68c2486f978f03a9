// Unknown paths
//
//   404  a page for browsers; the standard error JSON for programs and for everything under /api
#include "common/http/negotiation.hpp"
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
    constexpr int by_name = 3;  // not just */*, which programs send, too
    auto html = http::acceptance(request.headers, "text/html");
    return html.weight > 0 && html.specificity == by_name && !http::prefers_json(request.headers);
}

}  // namespace

Task<http::Response> not_found(App& app, http::Context& context) {
    std::string_view path = context.request.path;
    auto is_api = http::same_name(path.substr(0, path.find('/', 1)), "/api");
    if (is_api || !is_browser(context.request)) throw NotFound();
    co_return co_await run_page(app, context, lost);
}

}  // namespace stagedoor::client::routes
