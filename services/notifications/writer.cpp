#include "services/notifications/writer.hpp"

#include <fmt/ranges.h>

#include <stdexcept>

#include "common/http/message.hpp"
#include "common/security/link.hpp"
#include "common/templates/calendar_file.hpp"
#include "services/notifications/email_message.hpp"

namespace stagedoor::notifications {
namespace {

struct Layout {
    std::string subject, home, lang, dir;
};
BOOST_DESCRIBE_STRUCT(Layout, (), (subject, home, lang, dir))

struct LinkView {
    std::string link, until;
};
BOOST_DESCRIBE_STRUCT(LinkView, (), (link, until))

struct LineView {
    std::string title, tickets, price, sum;
    std::optional<std::string> when, where, seats;
};
BOOST_DESCRIBE_STRUCT(LineView, (), (title, tickets, price, sum, when, where, seats))

struct OrderView {
    std::string order, order_link, tickets_link, sheet_link, listing_link, selling_link;
    std::string all_tickets, total;  // "3 tickets", "$59.97"
    std::vector<LineView> lines;
    bool returned = false;  // by the buyer
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (order, order_link, tickets_link, sheet_link, listing_link, selling_link, all_tickets,
                       total, lines, returned))

struct RefundView {
    std::string order, order_link, amount;
    bool expired = false, listing_cancelled = false, buyer = false;  // why
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (order, order_link, amount, expired, listing_cancelled, buyer))

struct ChangeView {
    std::string title, news, listing_link, orders_link;  // news: "New date and venue"
    std::string when, where;
    std::optional<std::string> seats;
    std::optional<std::string> old_title, old_when, old_where, old_seats;  // if they changed
};
BOOST_DESCRIBE_STRUCT(ChangeView, (),
                      (title, news, listing_link, orders_link, when, where, seats, old_title, old_when,
                       old_where, old_seats))

struct TransferView {
    std::string title, ticket_link, tickets_link;
    std::optional<std::string> when, where;
};
BOOST_DESCRIBE_STRUCT(TransferView, (), (title, ticket_link, tickets_link, when, where))

// Text of sellers, in which mail programs find no address to turn into a link: with zero-width spaces around
// the characters that make one.
std::string unlinked(const std::string& text) {
    constexpr std::string_view zero_width_space = "\u200B";
    std::string broken;
    for (std::size_t i = 0; i < text.size(); ++i) {
        broken += text[i];
        auto joins = std::string_view{".:/@"}.contains(text[i]);
        if (joins && i + 1 < text.size() && text[i + 1] != ' ') broken += zero_width_space;
    }
    return broken;
}

std::optional<std::string> unlinked(const std::optional<std::string>& text) {
    return text ? std::make_optional(unlinked(*text)) : std::nullopt;
}

std::optional<std::string> when(const contracts::Offer& schedule, Language language) {
    if (!schedule.starts_at) return std::nullopt;
    auto zone = schedule.time_zone.value_or("UTC");
    return language::day_and_time(*schedule.starts_at, zone, language) + " " +
           language::zone_note(*schedule.starts_at, zone, language);
}

std::optional<std::string> where(const contracts::Offer& schedule) {
    if (!schedule.venue || !schedule.city) return unlinked(schedule.venue ? schedule.venue : schedule.city);
    return unlinked(*schedule.venue + ", " + *schedule.city);
}

LineView line_of(const contracts::OrderLine& item, const store::ResolvedEmail& email,
                 const language::Texts& text) {
    LineView line{
        .title = unlinked(item.title),
        .tickets = text("mail.tickets", {{"count", item.quantity}}),
        .price = language::price(item.price, text.language()),
        .sum = language::price({item.price.minor * item.quantity, item.price.currency}, text.language()),
        .when = {},
        .where = {},
        .seats = {}};
    auto found = email.listings.find(item.ticket_id);
    if (found == email.listings.end()) return line;
    auto schedule = store::offer_of(found->second);
    line.when = when(schedule, text.language());
    line.where = where(schedule);
    line.seats = unlinked(found->second.seats);
    return line;
}

OrderView view_of(const contracts::OrderState& order, const store::ResolvedEmail& email,
                  const std::string& origin, const language::Texts& text) {
    std::int64_t tickets = 0;
    for (const auto& item : order.items) tickets += item.quantity;
    OrderView view{.order = order.id.text,
                   .order_link = origin + "/orders/" + http::percent_encode(order.id.text),
                   .tickets_link = origin + "/my/tickets",
                   .sheet_link = {},
                   .listing_link = origin + "/",
                   .selling_link = origin + "/selling",
                   .all_tickets = text("mail.tickets", {{"count", tickets}}),
                   .total = language::price(order.total, text.language()),
                   .lines = {},
                   .returned = !order.items.empty() && order.items.front().reason == CancelReason::buyer};
    view.sheet_link = view.order_link + "/tickets";
    for (const auto& item : order.items) view.lines.push_back(line_of(item, email, text));
    if (!order.items.empty())
        view.listing_link += "tickets/" + http::percent_encode(order.items.front().ticket_id.text);
    return view;
}

// nullopt if it has no date.
std::optional<templates::CalendarEvent> calendar_event(const OrderId& order, const TicketId& ticket,
                                                       const std::string& title,
                                                       const store::ResolvedEmail& email,
                                                       const std::string& link) {
    auto schedule = store::offer_of(email.listing(ticket));
    if (!schedule.starts_at) return std::nullopt;
    return templates::CalendarEvent{.order_id = order,
                                    .ticket_id = ticket,
                                    .title = unlinked(title),
                                    .starts_at = *schedule.starts_at,
                                    .written_at = email.email.created_at,
                                    .place = where(schedule),
                                    .link = link};
}

// The events of an order that have a date; nullopt if none has.
std::optional<std::string> calendar_of(const contracts::OrderState& order, const store::ResolvedEmail& email,
                                       const std::string& origin) {
    std::vector<templates::CalendarEvent> events;
    for (const auto& item : order.items) {
        if (auto event = calendar_event(order.id, item.ticket_id, item.title, email, origin + "/my/tickets"))
            events.push_back(std::move(*event));
    }
    return events.empty() ? std::nullopt : std::make_optional(templates::calendar_file(events));
}

RefundView view_of(const contracts::PaymentRefunded& refund, const std::string& origin, Language language) {
    return {.order = refund.order_id.text,
            .order_link = origin + "/orders/" + http::percent_encode(refund.order_id.text),
            .amount = language::price(refund.amount, language),
            .expired = refund.reason == CancelReason::expired,
            .listing_cancelled = refund.reason == CancelReason::listing_cancelled,
            .buyer = refund.reason == CancelReason::buyer};
}

std::string link_of(const contracts::TransferState& transfer, const std::string& origin) {
    return origin + "/my/tickets/" + http::percent_encode(transfer.pass_id.text);
}

std::optional<std::string> calendar_of(const contracts::TransferState& transfer,
                                       const store::ResolvedEmail& email, const std::string& origin) {
    auto event = calendar_event(transfer.order_id, transfer.ticket_id, transfer.title, email,
                                link_of(transfer, origin));
    return event ? std::make_optional(templates::calendar_file({*event})) : std::nullopt;
}

TransferView view_of(const contracts::TransferState& transfer, const store::ResolvedEmail& email,
                     const std::string& origin, Language language) {
    auto schedule = store::offer_of(email.listing(transfer.ticket_id));
    return {.title = unlinked(transfer.title),
            .ticket_link = link_of(transfer, origin),
            .tickets_link = origin + "/my/tickets",
            .when = when(schedule, language),
            .where = where(schedule)};
}

LinkView view_of(const contracts::LinkIssued& link, const std::string& origin, const std::string& secret,
                 Language language) {
    auto page = link.purpose == contracts::LinkPurpose::confirm_email ? "/auth/confirm" : "/auth/reset";
    auto token = security::link_token(link.id.text, json::to_text(link.purpose), secret);
    return {.link = origin + page + "#token=" + token,  // no server ever sees a fragment
            .until = language::day_and_time(link.expires_at, "UTC", language) + " UTC"};
}

// "New date, venue and seats"
std::string news_of(const ChangeView& view, const language::Texts& text) {
    std::vector<std::string> changed;
    if (view.old_title) changed.push_back(text("moved.title"));
    if (view.old_when) changed.push_back(text("moved.date"));
    if (view.old_where) changed.push_back(text("moved.venue"));
    if (view.old_seats) changed.push_back(text("moved.seats"));
    if (changed.empty()) return text("moved.new_details");  // that look the same: two names of a time zone
    auto what = changed.back();
    changed.pop_back();
    if (!changed.empty()) {
        auto first = fmt::format("{}", fmt::join(changed, ", "));
        what = text("moved.and", {{"first", first}, {"last", what}});
    }
    return text("moved.news", {{"what", what}});
}

ChangeView view_of(const OfferChanged& event, const store::Listing& listing, const std::string& origin,
                   const language::Texts& text) {
    auto language = text.language();
    auto now = store::offer_of(listing);
    const auto& before = event.before;
    ChangeView view{.title = unlinked(listing.title),
                    .news = {},
                    .listing_link = origin + "/tickets/" + http::percent_encode(event.ticket_id.text),
                    .orders_link = origin + "/orders",
                    .when = when(now, language).value_or(text("moved.date_open")),
                    .where = where(now).value_or(text("moved.venue_open")),
                    .seats = unlinked(now.seats),
                    .old_title = {},
                    .old_when = {},
                    .old_where = {},
                    .old_seats = {}};
    if (before.title && before.title != now.title) view.old_title = unlinked(*before.title);
    if (when(before, language) != when(now, language))
        view.old_when = when(before, language).value_or(text("moved.no_date"));
    if (where(before) != where(now)) view.old_where = where(before).value_or(text("moved.no_venue"));
    if (before.title && before.seats != now.seats)
        view.old_seats = unlinked(before.seats.value_or(text("moved.no_seats")));
    view.news = news_of(view, text);
    return view;
}

// The first line of the rendered text is the subject, the second is empty.
RenderedEmail split_subject(std::string text) {
    constexpr std::string_view name = "Subject: ";
    auto end = text.find('\n');
    return {.subject = text.substr(name.size(), end - name.size()), .text = text.substr(end + 2), .html = {}};
}

}  // namespace

EmailViews::EmailViews(const std::vector<templates::Asset>& assets) : catalog(assets) {
    for (auto each : all_languages) templates.emplace_back(assets, language::Texts{catalog, each});
}

Writer::Writer(const EmailViews& views, const Settings& settings, std::string origin,
               Language default_language)
    : views_(views),
      default_language_(default_language),
      origin_(std::move(origin)),
      from_(settings.mail_from),
      link_secret_(settings.mail_link_secret) {}

template <class View>
RenderedEmail Writer::render_templates(EmailKind kind, Language language, const View& view) const {
    auto name = "mails/" + std::string{json::to_text(kind)};
    const auto& templates = views_.in(language);
    Layout layout{.subject = {},
                  .home = origin_ + "/",
                  .lang = std::string{to_tag(language)},
                  .dir = std::string{direction_of(language)}};
    auto rendered = split_subject(templates.render(name + ".txt", layout, view));
    layout.subject = rendered.subject;
    rendered.html = templates.render(name + ".html", layout, view);
    rendered.language = language;
    return rendered;
}

// One that a later version knows counts as unknown.
Language Writer::language_of(const store::ResolvedEmail& email) const {
    if (!email.recipient || !email.recipient->language) return default_language_;
    return language_of_tag(*email.recipient->language).value_or(default_language_);
}

RenderedEmail Writer::render(const store::ResolvedEmail& email) const {
    auto kind = email.email.kind;
    auto language = language_of(email);
    language::Texts text{views_.catalog, language};
    if (const auto* order = std::get_if<contracts::OrderState>(&email.payload)) {
        auto rendered = render_templates(kind, language, view_of(*order, email, origin_, text));
        if (kind == EmailKind::tickets) rendered.calendar = calendar_of(*order, email, origin_);
        return rendered;
    }
    if (const auto* refund = std::get_if<contracts::PaymentRefunded>(&email.payload))
        return render_templates(kind, language, view_of(*refund, origin_, language));
    if (const auto* moved = std::get_if<OfferChanged>(&email.payload))
        return render_templates(kind, language,
                                view_of(*moved, email.listing(moved->ticket_id), origin_, text));
    if (const auto* transfer = std::get_if<contracts::TransferState>(&email.payload)) {
        auto rendered = render_templates(kind, language, view_of(*transfer, email, origin_, language));
        if (kind == EmailKind::transfer_received) rendered.calendar = calendar_of(*transfer, email, origin_);
        return rendered;
    }
    if (const auto* link = std::get_if<contracts::LinkIssued>(&email.payload))
        return render_templates(kind, language, view_of(*link, origin_, link_secret_, language));
    throw std::runtime_error("the data of an email can't be read");
}

outbound::Email Writer::message(const store::ResolvedEmail& email) const {
    auto rendered = render(email);
    EmailMessage message{.id = email.email.id,
                         .from = from_,
                         .to = email.recipient.value().email,
                         .date = email.email.created_at,
                         .language = std::string{to_tag(rendered.language)},
                         .subject = std::move(rendered.subject),
                         .text = std::move(rendered.text),
                         .html = std::move(rendered.html),
                         .calendar = std::move(rendered.calendar)};
    return {.from = message.from, .to = message.to, .message = to_text(message)};
}

}  // namespace stagedoor::notifications
