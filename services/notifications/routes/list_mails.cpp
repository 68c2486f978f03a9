// GET /dev/mails (only where mails are files and the page is switched on; else 404)
//
//   200  all mails, newest first, page by page
//   400  a limit or cursor that isn't one
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
    auto mails = co_await app.db.read([&](sql::Tx& tx) {
        std::vector<Found> all;
        for (auto& row : store::before(tx, Instant{before.key}, before.id, query->rows()))
            all.push_back(open(tx, std::move(row)));
        return all;
    });
    ListView view;
    if (std::ssize(mails) == query->rows()) {  // one more than is shown
        mails.pop_back();
        const auto& last = mails.back().mail.mail;
        http::Cursor next{last.created_at.milliseconds, last.id};
        view.next = "/dev/mails?limit=" + std::to_string(query->limit) + "&after=" + next.to_text(collection);
    }
    for (const auto& mail : mails) view.mails.push_back(mail.facts(words_of(app, mail).subject));
    co_return html_response(app.templates.render("pages/mails.html", PageFrame{"Mails"}, view));
}

}  // namespace stagedoor::notifications::routes
