// POST /tickets/new, /tickets/:id/edit (do=preview) · GET /tickets/:id/preview?draft=
//
// What was entered into the form of a listing, as buyers will see it; `:id` is `new` for another listing.
//   200  the page, with buttons to go on: it needs no JavaScript
//   303  to it, from the form; the draft has expired: to the form; not signed in: to sign-in
//
// GET /posters/preview.svg?title=&venue=&city=&category=&startsAt=&timeZone=
//
//   200  the poster of such a listing, for users alone
#include "common/json/read.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/listing_input.hpp"
#include "services/client/poster/poster.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/search.hpp"
#include "services/client/typed_numbers.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct PreviewView {
    Card card;
    std::string form_address, back, submit;
    std::vector<DraftInput> entered_inputs;
    std::optional<MapLink> map;
    std::optional<SellerView> seller;
    std::optional<std::string> seats, description;
};
BOOST_DESCRIBE_STRUCT(PreviewView, (),
                      (card, form_address, back, submit, entered_inputs, map, seller, seats, description))

// What can't be read yet is left out: the form says what is wrong when it is sent.
Listing listing_of(const Form& form) {
    auto fields = read_entry(inputs_of(form), fields_from(form.raw("was"))).fields;
    auto filled_in = [&](std::string_view name) {
        auto value = value_of(fields, name);
        return value.empty() ? std::nullopt : std::optional{std::move(value)};
    };
    auto count = [&](std::string_view name) -> std::optional<std::int64_t> {
        auto number = json::read<std::int64_t>(as_count(value_of(fields, name)));
        return number ? std::optional{*number} : std::nullopt;
    };
    Listing listing{.id = TicketId{"preview"},
                    .user_id = {},
                    .title = value_of(fields, "title"),
                    .price = {0, currency_of(fields)},
                    .status = "open",
                    .max_per_order = count("maxPerOrder"),
                    .max_per_buyer = count("maxPerBuyer"),
                    .description = filled_in("description"),
                    .venue = filled_in("venue"),
                    .city = filled_in("city"),
                    .category = filled_in("category"),
                    .time_zone = filled_in("timeZone"),
                    .seats = filled_in("seats"),
                    .starts_at = Instant::parse(value_of(fields, "startsAt")),
                    .event = {}};
    listing.quantity = listing.available = count("quantity").value_or(1);
    const auto typed = as_price(value_of(fields, "price"), listing.price.currency);
    if (typed.number()) {
        if (auto price = Money::parse(typed.number()->text, listing.price.currency)) listing.price = *price;
    }
    return listing;
}

// With what the poster is drawn from, since there is no listing to ask for.
std::string poster_address(const Form& form) {
    std::string address = "/posters/preview.svg";
    for (auto name : {"title", "venue", "city", "category", "startsAt", "timeZone", "startsAtOffset"})
        append_parameter(address, name, form[name]);
    return address;
}

std::string without_query(const std::string& address) { return address.substr(0, address.find('?')); }

Task<http::Response> preview_page(Visit& visit, const Form& form, std::string back) {
    auto listing = listing_of(form);
    PreviewView view{.card = card_of(listing, {}, visit.app.clock.now(), visit.text),
                     .form_address = without_query(back),
                     .back = std::move(back),
                     .submit = visit.text(form.has("version") ? "form.save" : "form.put_on_sale"),
                     .entered_inputs = {},
                     .map = map_link(listing),
                     .seller = co_await seller_view(visit, visit.need_user().user, {}),
                     .seats = listing.seats,
                     .description = listing.description};
    if (view.card.title.empty()) view.card.title = visit.text("drafts.untitled");
    view.card.poster = poster_address(form);
    // Its size isn't known here; browsers find out.
    if (auto picture = form["picture"]; !picture.empty())
        view.card.picture =
            Picture{.files = picture_files(picture), .small = 480, .width = 1200, .height = 1200};
    show_as_main(view.card);
    for (const auto& [name, value] : form.pairs()) {
        if (name != "do") view.entered_inputs.push_back({name, value});
    }
    co_return visit.page(http::ok, "preview.html",
                         visit.text("preview.title", {{"title", std::string_view{view.card.title}}}), view);
}

}  // namespace

Task<http::Response> to_preview(Visit& visit) {
    visit.reject(http::ok, {});
    auto form_page = visit.form_page;
    auto address = without_query(form_page);
    address = address.ends_with("/edit") ? address.substr(0, address.size() - 5) : address;
    if (auto saved = co_await visit.save_draft(address + "/preview")) co_return visit.see_other(*saved);
    co_return co_await preview_page(visit, visit.form(), form_page);
}

Task<http::Response> preview(Visit& visit) {
    auto id = visit.path_value();
    auto form_page = id == "new" ? "/tickets/new" : listing_address(TicketId{id}) + "/edit";
    visit.form_page = form_page;
    (void)visit.need_user();
    if (!visit.draft) co_return visit.see_other(form_page);
    auto form = visit.entered();
    auto back = with_parameter(form_page, "draft", visit.query()["draft"]);
    co_return co_await preview_page(visit, form, std::move(back));
}

Task<http::Response> preview_poster(Visit& visit) {
    (void)visit.need_user();
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.body = poster::draw(poster::Subject{listing_of(visit.query())}, visit.app.theme()->lettering);
    response.headers.add("Content-Type", "image/svg+xml");
    co_return response;
}

}  // namespace stagedoor::client::routes
