// GET /tickets/:id/doors
//
// How the tickets of an event are checked: for its seller.
//   200  the settings, the doors and what happened at them, tickets that two doors admitted, arrivals
//   303  not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such listing
//   503  tickets or admissions is down
//
// POST /tickets/:id/doors (name, role, expiresAt)
//
//   200  the page with the new door's link, as text and as a QR code: it is shown this once
//   303  rejected: to the page with each error at its field
//
// POST /tickets/:id/doors/revoke (door)
//
//   303  to the page: the door's link and all devices that use it are refused; or with the error
//
// POST /tickets/:id/doors/settings (transfers, maxTransfers, reentry, rotating, mode)
//
//   303  to the page, saved; or with the error: some can't be changed once the doors are open
#include "services/client/arrivals_plot.hpp"
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/typed_numbers.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct DoorRow {
    std::string door, name, role, scanners, admitted, refused;
    std::optional<std::string> until, until_iso;
    bool usable = false, revoked = false, expired = false;
};
BOOST_DESCRIBE_STRUCT(DoorRow, (),
                      (door, name, role, scanners, admitted, refused, until, until_iso, usable, revoked,
                       expired))

struct CreatedDoor {
    std::string created_name, link;
    QrCode qr;
};
BOOST_DESCRIBE_STRUCT(CreatedDoor, (), (created_name, link, qr))

struct CountsView {
    std::string issued, valid, admitted_all, inside;
};
BOOST_DESCRIBE_STRUCT(CountsView, (), (issued, valid, admitted_all, inside))

struct DuplicateRow {
    std::string serial, first, second;
};
BOOST_DESCRIBE_STRUCT(DuplicateRow, (), (serial, first, second))

struct DoorsView {
    std::string title, address, zone;
    std::optional<std::string> notice;
    std::optional<CreatedDoor> created;
    std::vector<FormError> errors;
    CountsView counts;
    std::vector<DoorRow> doors;
    Field name, expires_at, max_transfers;
    std::vector<Option> roles, transfer_options, reentry_options, mode_options;
    bool rotating = false;
    std::optional<ArrivalsPlot> plot;
    std::vector<DuplicateRow> duplicates;
    std::string script;
};
BOOST_DESCRIBE_STRUCT(DoorsView, (),
                      (title, address, zone, notice, created, errors, counts, doors, name, expires_at,
                       max_transfers, roles, transfer_options, reentry_options, mode_options, rotating, plot,
                       duplicates, script))

std::string api_of(Visit& visit, std::string_view rest = {}) {
    return api_path("/api/admissions/listings", visit.path_value()) + std::string{rest};
}

std::string doors_address(Visit& visit) { return listing_address(TicketId{visit.path_value()}) + "/doors"; }

// Of values and the keys of their labels.
std::vector<Option> options(const language::Texts& text, std::initializer_list<Named> named,
                            std::string_view chosen) {
    std::vector<Option> all;
    for (const auto& [value, label] : named)
        all.push_back({std::string{value}, text(label), value == chosen});
    return all;
}

DoorRow row_of(const language::Texts& text, const Door& door, Instant now, std::string_view zone) {
    DoorRow row{.door = door.id,
                .name = door.name,
                .role = text(door.role == "supervisor" ? "doors.supervisor" : "doors.steward"),
                .scanners = text("doors.devices", {{"count", door.scanners}}),
                .admitted = grouped(door.admitted, text.language()),
                .refused = grouped(door.refused, text.language())};
    if (door.expires_at) {
        row.until = day_and_time(*door.expires_at, zone, text.language());
        row.until_iso = door.expires_at->to_text();
    }
    row.revoked = door.revoked_at.has_value();
    row.expired = !row.revoked && door.expires_at && *door.expires_at <= now;
    row.usable = !row.revoked && !row.expired;
    return row;
}

// When a door's link usually expires: half a day after the event has begun, or as late as admissions allows.
std::string usual_expiry(const Listing& listing, Instant now) {
    if (!listing.starts_at) return {};
    constexpr std::chrono::hours after_begin{12};
    constexpr std::chrono::days a_year{365};
    return to_local_input(std::min(*listing.starts_at + after_begin, now + a_year), listing.zone());
}

void fill_forms(Visit& visit, DoorsView& view, const Listing& listing, const DoorSettings& settings) {
    auto entered = visit.entered();
    auto problems = visit.problems();
    view.name = field(entered["name"], "name", problems);
    view.expires_at =
        field(entered.has("name") ? entered["expiresAt"] : usual_expiry(listing, visit.app.clock.now()),
              "expiresAt", problems);
    view.roles =
        options(visit.text, {{"steward", "doors.steward_option"}, {"supervisor", "doors.supervisor_option"}},
                entered.has("role") ? entered["role"] : "steward");
    // Rules that were rejected stay as entered; browsers send no checkbox that is off.
    auto rule = [&](std::string_view input, const std::string& saved) {
        return entered.has(input) ? entered[input] : saved;
    };
    auto limit = settings.max_transfers ? std::to_string(*settings.max_transfers) : "";
    view.max_transfers = field(rule("maxTransfers", limit), "maxTransfers", problems);
    view.transfer_options =
        options(visit.text, {{"allowed", "doors.allowed"}, {"forbidden", "doors.not_allowed"}},
                rule("transfers", settings.transfers));
    view.reentry_options =
        options(visit.text, {{"none", "doors.one_entry"}, {"allowed", "doors.after_check_out"}},
                rule("reentry", settings.reentry));
    view.mode_options = options(visit.text, {{"strict", "doors.strict"}, {"lenient", "doors.lenient"}},
                                rule("mode", settings.mode));
    view.rotating = entered.has("mode") ? entered.has("rotating") : settings.rotating;
    view.errors = summary(problems, {"name", "expiresAt", "maxTransfers"});
}

DuplicateRow row_of(const language::Texts& text, const DuplicateAdmission& duplicate, std::string_view zone) {
    auto place = [&](const Admission& each) {
        return each.door + ", " + day_and_time(each.at, zone, text.language());
    };
    return {grouped_serial(duplicate.serial),
            duplicate.first ? place(*duplicate.first) : text("doors.no_longer_valid"),
            place(duplicate.second)};
}

std::optional<std::string> doors_notice(const language::Texts& text, std::string_view done) {
    if (done == "saved") return text("form.saved");
    if (done == "revoked") return text("doors.now_closed");
    return std::nullopt;
}

Task<DoorsView> view_of(Visit& visit) {
    auto listing = co_await own_listing(visit);
    auto zone = listing.zone();
    auto all = (co_await visit.get("admissions", api_of(visit))).as<ListingDoors>();
    DoorsView view{
        .title = listing.title,
        .address = listing_address(listing.id),
        .zone = zone,
        .notice = doors_notice(visit.text, visit.query()["done"]),
        .created = {},
        .errors = {},
        .counts = {grouped(all.counts.issued, visit.language), grouped(all.counts.valid, visit.language),
                   grouped(all.counts.admitted, visit.language), grouped(all.counts.inside, visit.language)}};
    for (const auto& door : all.doors)
        view.doors.push_back(row_of(visit.text, door, visit.app.clock.now(), zone));
    fill_forms(visit, view, listing, all.settings);
    if (auto arrivals = co_await visit.try_get("admissions", api_of(visit, "/arrivals")))
        view.plot = plot_of(arrivals->as<Arrivals>(), zone, visit.text);
    if (all.duplicates > 0) {
        if (auto found = co_await visit.try_get("admissions", api_of(visit, "/duplicates?limit=100"))) {
            for (const auto& each : found->as<std::vector<DuplicateAdmission>>())
                view.duplicates.push_back(row_of(visit.text, each, zone));
        }
    }
    view.script = visit.app.theme()->url("ticket.js");
    co_return view;
}

// What was typed as the time until which a door's link works; throws Invalid if it is no such time.
std::optional<json::Value> expiry_of(const Form& form, const std::string& zone) {
    auto text = form["expiresAt"];
    if (text.empty()) return std::nullopt;
    auto local = from_local_input(text, zone);
    if (!local || local->moments.empty()) throw Invalid("Enter a date and time"_text, "expiresAt");
    return json::Value{local->moments.back().instant.to_text()};
}

}  // namespace

Task<http::Response> doors(Visit& visit) {
    auto view = co_await view_of(visit);
    co_return visit.page(http::ok, "doors.html", visit.text("doors.title", {{"title", view.title}}), view);
}

Task<http::Response> create_door(Visit& visit) {
    visit.keep_secret();
    visit.form_page = visit.after_sign_in = doors_address(visit);
    auto listing = co_await own_listing(visit);
    auto form = visit.form();
    json::Object body{{"name", json::Value{form["name"]}}, {"role", json::Value{form["role"]}}};
    if (auto expiry = expiry_of(form, listing.zone())) body.emplace_back("expiresAt", std::move(*expiry));
    auto response = co_await visit.send(http::Method::post, "admissions", api_of(visit, "/doors"),
                                        json::Value{std::move(body)});
    auto created = response.as<NewDoor>();
    auto view = co_await view_of(visit);
    view.created = CreatedDoor{created.name, created.link, qr_code(created.link)};
    co_return visit.page(http::ok, "doors.html", visit.text("doors.title", {{"title", view.title}}), view);
}

Task<http::Response> revoke_door(Visit& visit) {
    visit.form_page = visit.after_sign_in = doors_address(visit);
    (void)visit.need_user();
    auto response = co_await visit.send(http::Method::delete_, "admissions",
                                        api_path("/api/admissions/doors", visit.form()["door"]));
    (void)response.or_throw();
    co_return visit.see_other(doors_address(visit) + "?done=revoked");
}

Task<http::Response> change_door_settings(Visit& visit) {
    visit.form_page = visit.after_sign_in = doors_address(visit);
    (void)visit.need_user();
    auto form = visit.form();
    json::Object body{{"transfers", json::Value{form["transfers"]}},
                      {"reentry", json::Value{form["reentry"]}},
                      {"mode", json::Value{form["mode"]}},
                      {"rotating", json::Value{form.has("rotating")}}};
    if (auto limit = form["maxTransfers"]; !limit.empty()) body.emplace_back("maxTransfers", as_count(limit));
    auto response = co_await visit.send(http::Method::put, "admissions", api_of(visit, "/settings"),
                                        json::Value{std::move(body)});
    (void)response.or_throw();
    co_return visit.see_other(doors_address(visit) + "?done=saved");
}

}  // namespace stagedoor::client::routes
