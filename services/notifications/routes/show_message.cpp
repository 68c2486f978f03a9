// GET /dev/mails/:id/message (only with --mail-page on and without --smtp-url; otherwise 404)
//
//   200  the message as an .eml file, which mail programs can open
//   404  no such email, its data can't be read, or its address is not known yet
#include "common/http/status.hpp"
#include "services/notifications/routes/page.hpp"
#include "services/notifications/routes/routes.hpp"

namespace stagedoor::notifications::routes {

Task<http::Response> show_message(App& app, http::Path<std::string> id) {
    auto found = co_await find(app, *id);
    if (!found.readable()) throw NotFound("The email can't be read"_text);
    if (!found.email.recipient) throw NotFound("The address is not known yet"_text);
    http::Response response{
        .status = http::ok, .headers = {}, .body = app.writer.message(found.email).message};
    response.headers.add("Content-Type", "message/rfc822");
    response.headers.add("Content-Disposition",
                         "attachment; filename=\"" + http::percent_encode(found.email.email.id) + ".eml\"");
    response.headers.add("Cache-Control", "no-store");
    co_return response;
}

}  // namespace stagedoor::notifications::routes
