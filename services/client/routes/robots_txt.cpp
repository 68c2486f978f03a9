// GET /robots.txt
//
//   200  which pages crawlers may read (RFC 9309), and where the sitemap is
#include <array>

#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

// What is behind a session, or a visitor's own.
constexpr std::array<std::string_view, 9> private_pages{
    "/auth/", "/account", "/basket", "/orders", "/selling", "/my/", "/transfer", "/door", "/tickets/new"};

void disallow_pages(std::string& body, std::string_view prefix) {
    for (auto page : private_pages) body.append("Disallow: ").append(prefix).append(page).append("\n");
}

}  // namespace

Task<http::Response> robots_txt(App& app, http::Context&) {
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.headers.add("Cache-Control", "public, max-age=3600");
    response.body = "User-agent: *\nAllow: /api/tickets/pictures/\nDisallow: /api/\n";
    disallow_pages(response.body, "");
    for (auto language : all_languages) disallow_pages(response.body, "/" + std::string{to_tag(language)});
    response.body += "Sitemap: " + app.origin + "/sitemap.xml\n";
    co_return response;
}

}  // namespace stagedoor::client::routes
