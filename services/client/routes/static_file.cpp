// GET /static/:file, /static/door/:file
//
//   200  a style sheet, script or icon; cacheable for ever under the versioned URL that pages use
//   404  no such file
#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

std::string type_of(std::string_view file) {
    if (file.ends_with(".css")) return "text/css; charset=utf-8";
    if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (file.ends_with(".svg")) return "image/svg+xml";
    if (file.ends_with(".woff2")) return "font/woff2";
    return "application/octet-stream";
}

Task<http::Response> file_of(App& app, http::Context& context, std::string file) {
    auto theme = app.theme();
    const auto* asset = theme->find("static/" + file);
    if (!asset) co_return co_await not_found(app, context);
    http::Response response{.status = http::ok, .headers = {}, .body = asset->content};
    response.headers.add("Content-Type", type_of(file));
    if (file.ends_with("_worker.js")) response.headers.add("Content-Security-Policy", worker_policy);
    response.headers.add("Cache-Control", cache_control(context.request.query == "v=" + asset->version));
    co_return response;
}

}  // namespace

Task<http::Response> static_file(App& app, http::Context& context) {
    co_return co_await file_of(app, context, context.path_values.at(0));
}

Task<http::Response> door_file(App& app, http::Context& context) {
    co_return co_await file_of(app, context, "door/" + context.path_values.at(0));
}

}  // namespace stagedoor::client::routes
