// GET, POST /tickets/new · GET, POST /tickets/:id/edit
//
// Creates or changes a listing. A field that isn't changed keeps its stored value. `from`: a listing to be
// sold again; `saved`: a draft to go on with. The button `do`: `preview` (preview.cpp), `draft`
// (saved_listing.cpp).
//   200  the form; after a concurrent change, merged with it, and with the differences
//   303  saved: to the listing; rejected: to the form with each error at its field; not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such listing
//   503  tickets is down
#include "common/pictures/renderer.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/listing_input.hpp"
#include "services/client/picture_upload.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/typed_numbers.hpp"

namespace stagedoor::client::routes {
namespace {

// The zones of a region: "America".
struct ZoneGroup {
    std::string region;
    std::vector<Option> zones;
};
BOOST_DESCRIBE_STRUCT(ZoneGroup, (), (region, zones))

struct ListingFormView {
    std::string heading, action, submit, back;
    std::optional<std::string> lead, key, version, was, withdraw, fresh, saved;
    bool can_save = false;               // as a draft
    std::optional<std::string> picture;  // the id
    std::optional<std::string> picture_error;
    std::string picture_address;
    std::int64_t max_picture = pictures::max_bytes;
    std::vector<FormError> errors;
    std::vector<Change> changes;
    Field title_field, venue, city, starts_at, price_field, quantity, max_per_order, max_per_buyer, seats,
        description;
    std::vector<Option> categories, occurrences, currencies;
    std::vector<ZoneGroup> zone_groups;
    std::optional<std::string> category_error, zone_error, currency_error;
    bool guess_zone = false;
};
BOOST_DESCRIBE_STRUCT(ListingFormView, (),
                      (heading, action, submit, back, lead, key, version, was, withdraw, fresh, picture,
                       picture_error, picture_address, max_picture, errors, changes, title_field, venue, city,
                       starts_at, price_field, quantity, max_per_order, max_per_buyer, seats, description,
                       categories, occurrences, currencies, zone_groups, category_error, zone_error,
                       currency_error, guess_zone, saved, can_save))

Values blank(const App& app) {
    return {{"timeZone", "UTC"},
            {"currency", std::string{app.currency.code()}},
            {"quantity", "1"},
            {"maxPerOrder", "10"}};
}

std::vector<Option> category_options(const std::string& chosen, const language::Texts& text) {
    std::vector<Option> options{{"", text("form.choose_category"), chosen.empty()}};
    for (auto word : categories())
        options.push_back({std::string{word}, category_name(word, text), chosen == word});
    return options;
}

Option zone_option(const std::string& zone, const std::string& chosen) {
    auto label = zone;
    std::ranges::replace(label, '_', ' ');
    return {zone, std::move(label), zone == chosen};
}

std::vector<ZoneGroup> zone_options(const std::string& chosen, const language::Texts& text) {
    const auto& offered = offered_time_zones();
    std::vector<ZoneGroup> groups;
    auto add = [&](const std::string& region, const std::string& zone) {
        auto group = std::ranges::find(groups, region, &ZoneGroup::region);
        if (group == groups.end()) group = groups.insert(groups.end(), {region, {}});
        group->zones.push_back(zone_option(zone, chosen));
    };
    if (!chosen.empty() && std::ranges::find(offered, chosen) == offered.end())
        add(text("form.zone_now"), chosen);
    add(text("form.zone_everywhere"), offered.front());
    for (const auto& zone : offered) {
        if (zone.find('/') != std::string::npos) add(zone.substr(0, zone.find('/')), zone);
    }
    for (const auto& zone : offered) {
        if (zone.find('/') == std::string::npos && zone != offered.front())
            add(text("form.zone_other"), zone);
    }
    return groups;
}

void fill_in(ListingFormView& view, const Values& form, Problems problems, const language::Texts& text) {
    explain_price(problems, "price", value_of(form, "price"), currency_of(form));
    auto input = [&](std::string_view name) {
        return field(value_of(form, name), name, problems, text.language());
    };
    view.title_field = input("title");
    view.venue = input("venue");
    view.city = input("city");
    view.starts_at = input("startsAt");
    view.price_field = input("price");
    view.quantity = input("quantity");
    view.max_per_order = input("maxPerOrder");
    view.max_per_buyer = input("maxPerBuyer");
    view.seats = input("seats");
    view.description = input("description");
    view.categories = category_options(value_of(form, "category"), text);
    view.zone_groups = zone_options(value_of(form, "timeZone"), text);
    view.occurrences = occurrences(form, text);
    view.currencies = currency_options(value_of(form, "currency"));
    view.category_error = input("category").error;
    view.zone_error = input("timeZone").error;
    view.currency_error = input("currency").error;
    view.picture_error = input("picture").error;
    if (auto id = value_of(form, "picture"); !id.empty()) {
        view.picture = id;
        view.picture_address = picture_files(id) + "/480.jpg";
    }
    view.errors = summary(problems, input_names(), text.language());
}

// What the edit form shows, and what it was filled from.
struct Edit {
    Values inputs;
    std::optional<Values> base;
    std::string version;
    Problems problems = {};
    std::vector<Change> changes = {};
};

http::Response edit_page(Visit& visit, const Edit& edit) {
    auto address = listing_address(TicketId{visit.path_value()});
    ListingFormView view{.heading = visit.text("form.edit_heading"),
                         .action = address + "/edit",
                         .submit = visit.text("form.save"),
                         .back = address};
    view.lead = visit.text("form.edit_lead");
    view.version = edit.version;
    if (edit.base) view.was = to_text(*edit.base);
    view.withdraw = address + "/withdraw";
    view.fresh = address + "/edit";
    view.changes = edit.changes;
    fill_in(view, edit.inputs, edit.problems, visit.text);
    auto title = value_of(edit.base.value_or(edit.inputs), "title");
    return visit.page(http::ok, "listing_form.html", visit.text("form.edit_title", {{"title", title}}), view);
}

// The fields that the form was filled from: it has them, unless it is from before they were added.
std::optional<Values> base_of(const Form& form, const std::optional<Listing>& listing) {
    auto base = fields_from(form.raw("was"));
    if (!base && listing && form["version"] == std::to_string(listing->version)) return fields_of(*listing);
    return base;
}

// The form as it was sent, on top of the newest version.
Edit edit_again(const Draft& draft, const std::optional<Listing>& listing, Problems problems,
                const language::Texts& text) {
    auto form = draft.form();
    Edit edit{inputs_of(form), base_of(form, listing), form["version"], std::move(problems)};
    if (listing && !edit.version.empty() && edit.version != std::to_string(listing->version)) {
        auto merged = merge(read_entry(edit.inputs, edit.base).fields, edit.base, fields_of(*listing), text);
        std::erase_if(edit.problems, [](const auto& problem) { return problem.field == "version"; });
        return {inputs_for(merged.fields), fields_of(*listing), std::to_string(listing->version),
                std::move(edit.problems), std::move(merged.changes)};
    }
    edit.inputs = with_missing(std::move(edit.inputs), edit.base);
    return edit;
}

// To sell again: as another listing of one's own, without its date.
Task<Values> inputs_like(Visit& visit, std::string id) {
    auto listing = (co_await visit.get("tickets", api_path("/api/tickets", id))).as<Listing>();
    if (listing.user_id != visit.need_user().user) throw Forbidden("Only the seller can do this"_text);
    listing.starts_at.reset();
    co_return inputs_for(fields_of(listing));
}

bool is_stale(const ServiceResponse& response) {
    auto problems = response.is(ErrorKind::conflict) ? response.problems() : Problems{};
    return std::ranges::find(problems, "version", &Problem::field) != problems.end();
}

}  // namespace

Task<Listing> own_listing(Visit& visit) {
    const auto& seller = visit.need_user();
    auto response = co_await visit.get("tickets", api_path("/api/tickets", visit.path_value()));
    auto listing = response.as<Listing>();
    if (listing.user_id != seller.user && !seller.has_role("admin"))
        throw Forbidden("Only the seller can change this listing."_text);
    co_return listing;
}

Task<http::Response> new_listing(Visit& visit) {
    (void)visit.need_user();
    auto query = visit.query();
    auto saved = visit.draft ? visit.entered()["saved"] : query["saved"];
    auto filled = !visit.draft && !saved.empty() ? co_await saved_listing(visit, saved) : std::nullopt;
    auto from = visit.draft || filled ? std::string{} : query["from"];
    auto inputs = visit.draft     ? inputs_of(visit.entered())
                  : filled        ? inputs_of(*filled)
                  : !from.empty() ? co_await inputs_like(visit, std::move(from))
                                  : blank(visit.app);
    auto problems = visit.problems();
    ListingFormView view{.heading = visit.text("layout.sell_tickets"),
                         .action = "/tickets/new",
                         .submit = visit.text("form.put_on_sale"),
                         .back = "/"};
    view.lead = visit.text("form.sell_lead");
    view.key = visit.form_key();
    view.guess_zone = inputs == blank(visit.app);
    view.can_save = true;
    if (!saved.empty()) view.saved = std::move(saved);
    fill_in(view, inputs, problems, visit.text);
    co_return visit.page(http::ok, "listing_form.html", visit.text("layout.sell_tickets"), view);
}

Task<http::Response> create_listing(Visit& visit) {
    (void)visit.need_user();
    auto form = co_await take_upload(visit);
    if (form["do"] == "preview") co_return co_await to_preview(visit);
    if (form["do"] == "draft") co_return co_await save_listing(visit, form);
    auto entry = read_entry(inputs_of(form), std::nullopt);
    if (!entry.problems.empty()) throw Invalid(std::move(entry.problems));
    auto response =
        co_await visit.send_form("tickets", "/api/tickets", body_of(entry.fields, {}, {}), form["key"]);
    auto id = response.as<Listing>().id;
    co_await drop_saved_listing(visit, form["saved"]);
    co_return visit.see_other(listing_address(id) + "?done=listed");
}

Task<http::Response> edit_listing(Visit& visit) {
    std::optional<Listing> listing;
    try {
        listing = co_await own_listing(visit);
    } catch (const ServiceUnavailable&) {
        if (!visit.draft) throw;  // what was entered can be shown without the listing
    }
    auto problems = visit.problems();
    if (visit.draft)
        co_return edit_page(visit, edit_again(*visit.draft, listing, std::move(problems), visit.text));
    auto fields = fields_of(*listing);
    co_return edit_page(visit, {inputs_for(fields), fields, std::to_string(listing->version)});
}

Task<http::Response> update_listing(Visit& visit) {
    auto listing = co_await own_listing(visit);
    auto form = co_await take_upload(visit, visit.path_value());
    if (form["do"] == "preview") co_return co_await to_preview(visit);
    auto base = base_of(form, listing);
    auto entry = read_entry(inputs_of(form), base);
    if (!entry.problems.empty()) throw Invalid(std::move(entry.problems));
    auto response =
        co_await visit.send(http::Method::put, "tickets", api_path("/api/tickets", visit.path_value()),
                            body_of(entry.fields, base, form["version"]));
    if (is_stale(response)) {
        auto newest = co_await own_listing(visit);
        if (!merge(entry.fields, base, fields_of(newest), visit.text).same) (void)response.or_throw();
        // Only the version differs: the listing is already as submitted.
    } else {
        (void)response.or_throw();
    }
    co_return visit.see_other(listing_address(listing.id) + "?done=saved");
}

}  // namespace stagedoor::client::routes
