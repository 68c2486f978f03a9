// GET /dev/mails/:id (only where mails are files and the page is switched on; else 404)
//
//   200  the mail as text and as HTML, written anew; what it came to
//   404  no such mail
#include "services/notifications/routes/page.hpp"
#include "services/notifications/routes/routes.hpp"

namespace stagedoor::notifications::routes {
namespace {

struct MailView {
    Facts facts;
    std::string text, html, message;
};
BOOST_DESCRIBE_STRUCT(MailView, (), (facts, text, html, message))

}  // namespace

Task<http::Response> show_mail(App& app, http::Path<std::string> id) {
    auto found = co_await find(app, *id);
    auto words = words_of(app, found);
    PageFrame frame{words.subject};
    MailView view{.facts = found.facts(std::move(words.subject)),
                  .text = std::move(words.text),
                  .html = std::move(words.html),
                  .message = {}};
    view.message = view.facts.link + "/message";
    co_return html_response(app.templates.render("pages/mail.html", frame, view));
}

}  // namespace stagedoor::notifications::routes
