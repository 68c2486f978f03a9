// GET /dev/mails/:id (only with --mail-page on and without --smtp-url; otherwise 404)
//
//   200  the email as text and HTML, rendered anew, and its outcome
//   404  no such email
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
    auto rendered = render(app, found);
    PageLayout layout{rendered.subject};
    MailView view{.facts = found.facts(std::move(rendered.subject)),
                  .text = std::move(rendered.text),
                  .html = std::move(rendered.html),
                  .message = {}};
    view.message = view.facts.link + "/message";
    co_return html_response(app.views.in(Language::en).render("pages/mail.html", layout, view));
}

}  // namespace stagedoor::notifications::routes
