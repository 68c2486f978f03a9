// GET /transfer
//
// Target of the link by which a ticket is passed on. Its token is in the fragment, which a script reads;
// without JavaScript, people paste the link. Opening the link claims nothing: programs that preview links do
// that, too.
//   200  a form for the link
//
// POST /transfer (token, claim)
//
//   200  the ticket with a button to claim it; or that it has been claimed or taken back
//   303  with `claim`: the ticket is the visitor's: to it. Not signed in: to sign-in, and back to the form.
//        No such link: to the form with the error
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct OfferedTicket {
    std::string title;
    std::optional<When> when;
    std::optional<std::string> place, seats;
    bool open = false, claimed = false, revoked = false, signed_in = false;
};
BOOST_DESCRIBE_STRUCT(OfferedTicket, (), (title, when, place, seats, open, claimed, revoked, signed_in))

struct TransferView {
    std::optional<std::string> token;
    std::optional<OfferedTicket> offered;
    std::vector<FormError> errors;
    std::string script, to_sign_in, to_sign_up;
};
BOOST_DESCRIBE_STRUCT(TransferView, (), (token, offered, errors, script, to_sign_in, to_sign_up))

// "ID.MAC" of "https://…/transfer#ID.MAC"
std::string token_of(const std::string& link) { return link.substr(link.rfind('#') + 1); }

TransferView new_view(Visit& visit) {
    return {.token = {},
            .offered = {},
            .errors = summary(visit.problems(), {"token"}),
            .script = visit.app.theme()->url("transfer.js"),
            .to_sign_in = "/auth/signin?next=%2Ftransfer",
            .to_sign_up = "/auth/signup?next=%2Ftransfer"};
}

json::Value token_body(const std::string& link) {
    return json::Value{json::Object{{"token", json::Value{token_of(link)}}}};
}

}  // namespace

Task<http::Response> transfer(Visit& visit) {
    visit.keep_secret();
    co_return visit.page(http::ok, "transfer.html", visit.text("transfer.heading"), new_view(visit));
}

Task<http::Response> claim_ticket(Visit& visit) {
    visit.keep_secret();
    visit.form_page = "/transfer";
    visit.after_sign_in = "/transfer";
    auto form = visit.form();
    auto link = form["token"];
    if (link.empty()) throw Invalid("Paste the whole link"_text, "token");
    if (form.has("claim")) {
        (void)visit.need_user();
        auto claimed = co_await visit.send(http::Method::post, "admissions",
                                           "/api/admissions/transfers/claim", token_body(link));
        co_return visit.see_other(pass_address(claimed.as<Pass>().id) + "?done=claimed");
    }
    auto shown = co_await visit.send(http::Method::post, "admissions", "/api/admissions/transfers/show",
                                     token_body(link));
    if (shown.is(ErrorKind::not_found) || shown.is(ErrorKind::invalid))
        throw Invalid("We don’t know this link. Please copy all of it"_text, "token");
    auto ticket = shown.as<Transfer>();
    auto view = new_view(visit);
    view.token = std::move(link);
    view.offered = OfferedTicket{.title = ticket.title,
                                 .when = when_of(ticket.starts_at, ticket.time_zone, visit.language),
                                 .place = place_of(ticket.venue, ticket.city),
                                 .seats = ticket.seats,
                                 .open = ticket.status == "open",
                                 .claimed = ticket.status == "claimed",
                                 .revoked = ticket.status == "revoked",
                                 .signed_in = visit.user.has_value()};
    co_return visit.page(http::ok, "transfer.html", visit.text("transfer.heading"), view);
}

}  // namespace stagedoor::client::routes
