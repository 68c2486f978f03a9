// GET /dev/mails/:id/message (only where mails are files and the page is switched on; else 404)
//
//   200  the mail as it travels, to be opened with a mail program: an .eml file
//   404  no such mail, or it can't be read, or its address is not known yet
#include "services/notifications/routes/page.hpp"
#include "services/notifications/routes/routes.hpp"

namespace stagedoor::notifications::routes {

Task<http::Response> show_message(App& app, http::Path<std::string> id) {
    auto found = co_await find(app, *id);
    if (!found.readable()) throw NotFound("It can't be read");
    if (!found.mail.person) throw NotFound("Nobody knows yet where it goes");
    http::Response response{.status = 200, .headers = {}, .body = app.writer.letter(found.mail).message};
    response.headers.add("Content-Type", "message/rfc822");
    response.headers.add("Content-Disposition",
                         "attachment; filename=\"" + http::percent_encode(found.mail.mail.id) + ".eml\"");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("Cache-Control", "no-store");
    co_return response;
}

}  // namespace stagedoor::notifications::routes
