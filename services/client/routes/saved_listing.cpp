// POST /tickets/new (do=draft) · POST /selling/drafts/delete (saved)
//
// Listings that a seller has begun: kept for 30 days, 20 of them at most.
//   303  saved or deleted: to /selling, which lists them; too many: to the form, which says so
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/security/rate_limit.hpp"
#include "services/client/calendar.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/store/saved_drafts.hpp"

namespace stagedoor::client::routes {
namespace {

// Far more than somebody saves by hand.
constexpr security::RateLimit saved_drafts_of_user{
    .name = "saved draft by user", .max_attempts = 200, .window = std::chrono::hours{1}};

store::DraftContent content_of(const Form& form) {
    auto draft = make_draft(form, {}, 0, {});
    auto is_for_this_form_only = [](const DraftInput& input) {
        return input.name == "do" || input.name == "key" || input.name == "saved";
    };
    std::erase_if(draft.inputs, is_for_this_form_only);
    auto content = json::to_json(draft);
    if (content.size() > Draft::max_bytes) throw Invalid("The form can't be read"_text);
    return {form["title"], std::move(content)};
}

}  // namespace

Task<std::optional<Form>> saved_listing(Visit& visit, std::string id) {
    auto user = visit.need_user().user;
    auto content =
        co_await visit.app.db.read([&](sql::Tx& tx) { return store::find_saved_draft(tx, id, user); });
    auto draft = json::read<Draft>(std::string_view{content.value_or("")});
    if (!draft) co_return std::nullopt;
    co_return draft->form();
}

Task<http::Response> save_listing(Visit& visit, Form form) {
    auto user = visit.need_user().user;
    auto draft = content_of(form);
    auto id = form["saved"], new_id = visit.app.random.hex(16);
    co_await visit.app.db.write([&](sql::Tx& tx) {
        if (visit.app.rate_limits) security::count_attempt(tx, saved_drafts_of_user, user.text);
        if (!id.empty() && store::update_saved_draft(tx, id, user, draft)) return;
        if (!store::add_saved_draft(tx, new_id, user, draft))
            throw Conflict("You have too many drafts. Delete one of them first"_text);
    });
    co_return visit.see_other("/selling?done=drafted");
}

Task<> drop_saved_listing(Visit& visit, std::string id) {
    if (id.empty()) co_return;
    auto user = visit.need_user().user;
    co_await visit.app.db.write([&](sql::Tx& tx) { store::drop_saved_draft(tx, id, user); });
}

Task<http::Response> delete_draft(Visit& visit) {
    visit.form_page = "/selling";
    (void)visit.need_user();
    co_await drop_saved_listing(visit, visit.form()["saved"]);
    co_return visit.see_other("/selling?done=draft-deleted");
}

}  // namespace stagedoor::client::routes
