// GET /dev/mails (only with --mail-page on and without --smtp-url; otherwise 404)
//
//   200  all emails, newest first, page by page
//   400  invalid limit or cursor
#include <limits>

#include "services/notifications/routes/page.hpp"
#include "services/notifications/routes/routes.hpp"

namespace stagedoor::notifications::routes {
namespace {

constexpr std::string_view collection = "mails";

struct ListView {
    std::vector<Facts> mails;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(ListView, (), (mails, next))

}  // namespace

Task<http::Response> list_mails(App& app, http::Query<http::PageQuery> query) {
    http::Cursor before{.key = std::numeric_limits<std::int64_t>::max(), .id = {}};
    if (query->after) before = http::Cursor::parse(query->after->value, collection);
    auto emails = co_await app.db.read([&](sql::Tx& tx) {
        std::vector<Found> all;
        for (auto& row : store::before(tx, Instant{before.key}, before.id, query->rows()))
            all.push_back(resolve(tx, std::move(row)));
        return all;
    });
    ListView view;
    if (std::ssize(emails) == query->rows()) {  // one more than fits on the page
        emails.pop_back();
        const auto& last = emails.back().email.email;
        http::Cursor next{last.created_at.milliseconds, last.id};
        view.next = "/dev/mails?limit=" + std::to_string(query->limit) + "&after=" + next.to_text(collection);
    }
    for (const auto& each : emails) view.mails.push_back(each.facts(render(app, each).subject));
    co_return html_response(
        app.views.in(Language::en).render("pages/mails.html", PageLayout{"Emails"}, view));
}

}  // namespace stagedoor::notifications::routes
