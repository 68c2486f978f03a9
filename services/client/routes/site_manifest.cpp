// GET /site.webmanifest
//
//   200  what a phone needs to put the shop on its home screen (https://www.w3.org/TR/appmanifest/)
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> site_manifest(App& app, http::Context&) {
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.body = app.theme()->content_of("static/site.webmanifest");
    response.headers.add("Content-Type", "application/manifest+json");
    response.headers.add("Cache-Control", "public, max-age=3600");
    co_return response;
}

}  // namespace stagedoor::client::routes
