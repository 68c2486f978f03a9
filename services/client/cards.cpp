#include "services/client/cards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/http/message.hpp"
#include "services/client/calendar.hpp"
#include "services/client/poster/poster.hpp"

namespace stagedoor::client {
namespace {

constexpr std::int64_t few_left = 5;

std::string poster_address(const TicketId& id, const poster::Subject& subject, std::string_view format) {
    return fmt::format("/posters/{}.{}?v={}", http::percent_encode(id.text), format, subject.version());
}

std::optional<Picture> picture_of(const Listing& listing) {
    if (!listing.picture || !listing.picture_width || !listing.picture_height) return std::nullopt;
    Picture picture{.files = picture_files(*listing.picture),
                    .width = *listing.picture_width,
                    .height = *listing.picture_height};
    // As stagedoor-pictures makes it: within 480 × 640, never enlarged.
    auto scale = std::min(
        {1.0, 480.0 / static_cast<double>(picture.width), 640.0 / static_cast<double>(picture.height)});
    picture.small = std::max<std::int64_t>(1, std::llround(scale * static_cast<double>(picture.width)));
    return picture;
}

}  // namespace

std::optional<When> when_of(const std::optional<Instant>& starts_at, const std::optional<std::string>& zone,
                            Language language) {
    if (!starts_at) return std::nullopt;
    auto zone_name = zone.value_or("UTC");
    auto day = day_of(*starts_at, zone_name, language);
    auto full =
        day_and_time(*starts_at, zone_name, language) + " " + zone_note(*starts_at, zone_name, language);
    return When{day.weekday, day.day, day.month, std::move(full), starts_at->to_text()};
}

std::optional<std::string> place_of(const std::optional<std::string>& venue,
                                    const std::optional<std::string>& city) {
    auto place = venue.value_or("") + (venue && city ? ", " : "") + city.value_or("");
    return place.empty() ? std::nullopt : std::make_optional(std::move(place));
}

Card card_of(const Listing& listing, const std::string& viewer, Instant now, const language::Texts& text) {
    poster::Subject subject{listing};
    Card card{.id = listing.id.text,
              .title = listing.title,
              .address = listing_address(listing.id),
              .poster = poster_address(listing.id, subject, "svg"),
              .hue = subject.hue() / 10,
              .price = price(listing.price, text.language()),
              .left = listing.open() ? stock_text(listing.available, text)
                                     : text(listing.cancelled() ? "stock.cancelled" : "stock.withdrawn"),
              .seen_price = listing.price.to_text(),
              .seen_currency = std::string{listing.price.currency.code()},
              .category = "other",
              .category_name = {},
              .place = place_of(listing.venue, listing.city),
              .when = when_of(listing.starts_at, listing.time_zone, text.language())};
    card.picture = picture_of(listing);
    auto name = category_name(listing.category.value_or(""), text);
    if (!name.empty()) {
        card.category = *listing.category;
        card.category_name = std::move(name);
    }
    card.max = std::max<std::int64_t>(
        1, std::min({listing.available, listing.max_per_order.value_or(listing.available),
                     listing.max_per_buyer.value_or(listing.available)}));
    card.started = listing.starts_at && *listing.starts_at <= now;
    if (card.started && listing.open()) card.left = text("stock.started");
    card.few = !card.started && listing.available > 0 && listing.available <= few_left;
    card.own = !viewer.empty() && listing.user_id.text == viewer;
    auto on_sale = listing.open() && listing.available > 0 && !card.started;
    card.availability = on_sale ? "InStock" : listing.available > 0 ? "Discontinued" : "SoldOut";
    card.event_status = listing.cancelled() ? "EventCancelled" : "EventScheduled";
    card.buyable = on_sale && !card.own;
    card.state = fmt::format("{}-{}", listing.version,
                             on_sale        ? "on-sale"
                             : card.started ? "started"
                                            : "off");
    return card;
}

void show_as_main(Card& card) {
    if (!card.picture) return;
    card.picture->css_class = "event-poster";
    card.picture->sizes = "(max-width: 50rem) 24rem, 22rem";
    card.picture->is_main = true;
    card.picture->is_lazy = false;
}

void show_in_spotlight(Card& card) {
    if (!card.picture) return;
    card.picture->css_class = "stage-poster";
    card.picture->sizes = "(max-width: 40rem) 6.5rem, 19rem";
    card.picture->is_lazy = false;
}

std::vector<Card> cards_of(const std::vector<Listing>& listings, const std::string& viewer, Instant now,
                           const language::Texts& text) {
    struct Group {
        const Listing* cheapest;
        std::int64_t listings = 1;
    };
    std::vector<Group> groups;
    std::map<std::string, std::size_t> by_event;
    for (const auto& listing : listings) {
        auto key = listing.event ? *listing.event + " " + std::string{listing.price.currency.code()}
                                 : listing.id.text;
        auto [found, is_new] = by_event.try_emplace(std::move(key), groups.size());
        if (is_new) {
            groups.push_back({&listing});
            continue;
        }
        auto& group = groups[found->second];
        ++group.listings;
        if (listing.price < group.cheapest->price) group.cheapest = &listing;
    }
    std::vector<Card> cards;
    for (const auto& group : groups) {
        auto card = card_of(*group.cheapest, viewer, now, text);
        if (group.listings > 1) {
            card.offers = text("card.offers", {{"count", group.listings}});
            card.address = event_address(*group.cheapest->event);
            card.price = text("card.from", {{"price", card.price}});
            card.buyable = card.own = false;
        }
        cards.push_back(std::move(card));
    }
    return cards;
}

std::optional<MapLink> map_link(const Listing& listing) {
    auto place = place_of(listing.venue, listing.city);
    if (!place || !listing.venue) return std::nullopt;
    return MapLink{http::percent_encode(*place)};
}

std::string event_description(const Card& card, const language::Texts& text) {
    auto event = card.title;
    if (card.place) event += ", " + *card.place;
    if (card.when) event += ", " + card.when->full;
    return text("event.description", {{"event", event}, {"price", card.price}});
}

std::string picture_files(std::string_view id) { return "/api/tickets/pictures/" + http::percent_encode(id); }

std::string preview_address(const Listing& listing) {
    if (listing.picture) return picture_files(*listing.picture) + "/preview.jpg";
    return poster_address(listing.id, poster::Subject{listing}, "png");
}

std::string event_address(std::string_view event) { return "/events/" + http::percent_encode(event); }

std::string listing_address(const TicketId& id) { return "/tickets/" + http::percent_encode(id.text); }

}  // namespace stagedoor::client
