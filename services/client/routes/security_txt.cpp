// GET /.well-known/security.txt
//
//   200  where to report vulnerabilities (RFC 9116)
//   404  no contact is configured
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> security_txt(App& app, http::Context& context) {
    if (app.settings.security_contact.empty()) co_return co_await not_found(app, context);
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.headers.add("Cache-Control", "public, max-age=3600");
    response.body = fmt::format("Contact: {}\nExpires: {}\nPreferred-Languages: en\nCanonical: {}{}\n",
                                app.settings.security_contact, app.settings.security_expires, app.origin,
                                context.request.path);
    co_return response;
}

}  // namespace stagedoor::client::routes
