// GET /static/:file
//
//   200  the style sheet, the script or the icon; under the address that pages name it may be kept for ever
//   404  no such file
#include "services/client/guard.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

std::string type_of(std::string_view file) {
    if (file.ends_with(".css")) return "text/css; charset=utf-8";
    if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (file.ends_with(".svg")) return "image/svg+xml";
    return "application/octet-stream";
}

}  // namespace

Task<http::Response> static_file(App& app, http::Context& context) {
    const auto& file = context.path_values.at(0);
    auto look = app.look();
    const auto* asset = look->find("static/" + file);
    if (!asset) co_return co_await not_found(app, context);
    http::Response response{.status = 200, .headers = {}, .body = asset->content};
    response.headers.add("Content-Type", type_of(file));
    // An old address still works (a page of before an update may ask for it), but is not to be kept.
    auto lasting = context.request.query == "v=" + asset->version;
    response.headers.add("Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.add("X-Content-Type-Options", "nosniff");
    co_return response;
}

}  // namespace stagedoor::client::routes
