#include "services/notifications/writer.hpp"

#include <stdexcept>

#include "common/http/message.hpp"
#include "common/security/link.hpp"
#include "common/templates/calendar.hpp"
#include "common/templates/wording.hpp"
#include "services/notifications/email_message.hpp"

namespace stagedoor::notifications {
namespace {

struct Layout {
    std::string subject, home;
};
BOOST_DESCRIBE_STRUCT(Layout, (), (subject, home))

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
    std::string order, order_link, listing_link, selling_link;
    std::string what, all_tickets, total;  // "Bach and 2 others", "3 tickets", "$59.97"
    std::vector<LineView> lines;
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (order, order_link, listing_link, selling_link, what, all_tickets, total, lines))

struct RefundView {
    std::string order, order_link, amount;
    bool expired = false, listing_cancelled = false, buyer = false;  // why
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (order, order_link, amount, expired, listing_cancelled, buyer))

struct MovedView {
    std::string title, news, listing_link, orders_link;  // news: "New date and venue"
    std::string when, where;
    std::optional<std::string> old_when, old_where;  // if they changed
};
BOOST_DESCRIBE_STRUCT(MovedView, (),
                      (title, news, listing_link, orders_link, when, where, old_when, old_where))

std::optional<std::string> when(const Schedule& schedule) {
    if (!schedule.starts_at) return std::nullopt;
    auto zone = schedule.time_zone.value_or("UTC");
    return templates::day_and_time(*schedule.starts_at, zone) + " " +
           templates::zone_note(*schedule.starts_at, zone);
}

std::optional<std::string> where(const Schedule& schedule) {
    if (!schedule.venue || !schedule.city) return schedule.venue ? schedule.venue : schedule.city;
    return *schedule.venue + ", " + *schedule.city;
}

LineView line_of(const contracts::OrderLine& item, const store::ResolvedEmail& email) {
    LineView line{.title = item.title,
                  .tickets = templates::counted(item.quantity, "ticket"),
                  .price = templates::price(item.price),
                  .sum = templates::price({item.price.minor * item.quantity, item.price.currency}),
                  .when = {},
                  .where = {},
                  .seats = {}};
    auto found = email.listings.find(item.ticket_id);
    if (found == email.listings.end()) return line;
    auto schedule = store::schedule_of(found->second);
    line.when = when(schedule);
    line.where = where(schedule);
    line.seats = found->second.seats;
    return line;
}

std::string summary_of(const contracts::OrderState& order) {
    if (order.items.empty()) return "your order";
    auto others = static_cast<std::int64_t>(order.items.size()) - 1;
    const auto& title = order.items.front().title;
    return others == 0 ? title : title + " and " + templates::counted(others, "other");
}

OrderView view_of(const contracts::OrderState& order, const store::ResolvedEmail& email,
                  const std::string& origin) {
    std::int64_t tickets = 0;
    for (const auto& item : order.items) tickets += item.quantity;
    OrderView view{.order = order.id.text,
                   .order_link = origin + "/orders/" + http::percent_encode(order.id.text),
                   .listing_link = origin + "/",
                   .selling_link = origin + "/selling",
                   .what = summary_of(order),
                   .all_tickets = templates::counted(tickets, "ticket"),
                   .total = templates::price(order.total),
                   .lines = {}};
    for (const auto& item : order.items) view.lines.push_back(line_of(item, email));
    if (!order.items.empty())
        view.listing_link += "tickets/" + http::percent_encode(order.items.front().ticket_id.text);
    return view;
}

RefundView view_of(const contracts::PaymentRefunded& refund, const std::string& origin) {
    return {.order = refund.order_id.text,
            .order_link = origin + "/orders/" + http::percent_encode(refund.order_id.text),
            .amount = templates::price(refund.amount),
            .expired = refund.reason == CancelReason::expired,
            .listing_cancelled = refund.reason == CancelReason::listing_cancelled,
            .buyer = refund.reason == CancelReason::buyer};
}

LinkView view_of(const contracts::LinkIssued& link, const std::string& origin, const std::string& secret) {
    auto page = link.purpose == contracts::LinkPurpose::confirm_email ? "/auth/confirm" : "/auth/reset";
    auto token = security::link_token(link.id.text, json::to_text(link.purpose), secret);
    return {.link = origin + page + "?token=" + token,
            .until = templates::day_and_time(link.expires_at, "UTC") + " UTC"};
}

MovedView view_of(const EventMoved& event, const store::Listing& listing, const std::string& origin) {
    auto now = store::schedule_of(listing);
    MovedView view{.title = listing.title,
                   .news = "New venue",
                   .listing_link = origin + "/tickets/" + http::percent_encode(event.ticket_id.text),
                   .orders_link = origin + "/orders",
                   .when = when(now).value_or("Date to be announced"),
                   .where = where(now).value_or("Venue to be announced")};
    if (when(event.before) != when(now)) view.old_when = when(event.before).value_or("no date");
    if (where(event.before) != where(now)) view.old_where = where(event.before).value_or("no venue");
    if (view.old_when) view.news = view.old_where ? "New date and venue" : "New date";
    return view;
}

// The first line of the rendered text is the subject, the second is empty.
RenderedEmail split_subject(std::string text) {
    constexpr std::string_view name = "Subject: ";
    auto end = text.find('\n');
    return {.subject = text.substr(name.size(), end - name.size()), .text = text.substr(end + 2), .html = {}};
}

}  // namespace

Writer::Writer(const templates::Templates& templates, const Settings& settings, std::string origin)
    : templates_(templates),
      origin_(std::move(origin)),
      from_(settings.mail_from),
      link_secret_(settings.mail_link_secret) {}

template <class View>
RenderedEmail Writer::render_templates(EmailKind kind, const View& view) const {
    auto name = "mails/" + std::string{json::to_text(kind)};
    Layout layout{.subject = {}, .home = origin_ + "/"};
    auto rendered = split_subject(templates_.render(name + ".txt", layout, view));
    layout.subject = rendered.subject;
    rendered.html = templates_.render(name + ".html", layout, view);
    return rendered;
}

RenderedEmail Writer::render(const store::ResolvedEmail& email) const {
    auto kind = email.email.kind;
    if (const auto* order = std::get_if<contracts::OrderState>(&email.payload))
        return render_templates(kind, view_of(*order, email, origin_));
    if (const auto* refund = std::get_if<contracts::PaymentRefunded>(&email.payload))
        return render_templates(kind, view_of(*refund, origin_));
    if (const auto* moved = std::get_if<EventMoved>(&email.payload))
        return render_templates(kind, view_of(*moved, email.listing(moved->ticket_id), origin_));
    if (const auto* link = std::get_if<contracts::LinkIssued>(&email.payload))
        return render_templates(kind, view_of(*link, origin_, link_secret_));
    throw std::runtime_error("the data of an email can't be read");
}

outbound::Email Writer::message(const store::ResolvedEmail& email) const {
    auto rendered = render(email);
    EmailMessage message{.id = email.email.id,
                         .from = from_,
                         .to = email.recipient.value().email,
                         .date = email.email.created_at,
                         .subject = std::move(rendered.subject),
                         .text = std::move(rendered.text),
                         .html = std::move(rendered.html)};
    return {.from = message.from, .to = message.to, .message = to_text(message)};
}

}  // namespace stagedoor::notifications
