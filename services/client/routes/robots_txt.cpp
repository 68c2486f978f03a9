// GET /robots.txt
//
//   200  which pages crawlers may read (RFC 9309), and where the sitemap is
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> robots_txt(App& app, http::Context&) {
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.headers.add("Cache-Control", "public, max-age=3600");
    response.body =
        "User-agent: *\n"
        "Allow: /api/tickets/pictures/\n"
        "Disallow: /api/\nDisallow: /auth/\nDisallow: /account\nDisallow: /basket\nDisallow: /orders\n"
        "Disallow: /selling\nDisallow: /my/\nDisallow: /transfer\nDisallow: /door\nDisallow: /tickets/new\n"
        "Sitemap: " +
        app.origin + "/sitemap.xml\n";
    co_return response;
}

}  // namespace stagedoor::client::routes
