#include "simulation/model/shown_listings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "services/client/cards.hpp"
#include "simulation/servers/theme.hpp"

namespace stagedoor::simulation {
namespace {

bool is_text_in(std::string_view text, std::string_view html) {
    return html.find(fmt::format(">{}<", text)) != std::string_view::npos;
}

client::Card card_of(const testing::Row& row) {
    client::Listing listing{
        .id = {}, .user_id = {}, .title = row[1].value(), .price = {}, .status = row[3].value()};
    listing.price.minor = std::stoll(row[2].value());
    listing.available = std::stoll(row[4].value());
    return client::card_of(listing, "", {}, language::Texts{theme()->catalog, Language::en});
}

}  // namespace

ShownListings::ShownListings(Marketplace& marketplace) : marketplace_(marketplace), databases_(marketplace) {
    marketplace_.database("tickets").on_commit([this] { record(); });
}

bool ShownListings::Snapshot::is_in(std::string_view html) const {
    return is_text_in(title, html) && is_text_in(left, html) &&
           (is_text_in(price, html) || html.find(">" + price + " <span") != std::string_view::npos);
}

bool ShownListings::Snapshot::is_in_event(std::string_view data) const {
    auto texts = fmt::format(R"({{"left":"{}","price":"{}"}})", left, price);
    return data.find(texts) != std::string_view::npos;
}

// After a power cut the rows may be those of a transaction whose commit was not observed.
void ShownListings::record() {
    auto& server = marketplace_.database("tickets");
    if (!server.is_up() || !read()) {
        server_ = nullptr;
        return;
    }
    auto now = marketplace_.world.now();
    if (std::exchange(server_, server.process()) != server.process()) known_from_ = now;
}

bool ShownListings::read() try {
    auto now = marketplace_.world.now();
    for (auto& row : databases_.query(
             "tickets",
             "SELECT id, title, price_minor, status, CASE WHEN status = 'open' AND capacity > held + "
             "sold THEN capacity - held - sold ELSE 0 END FROM tickets")) {
        auto& known = rows_[row[0].value()];
        if (row == known) continue;
        auto card = card_of(row);
        auto& snapshots = by_id_[row[0].value()];
        known = std::move(row);
        Snapshot snapshot{card.title, card.price, card.left};
        if (!snapshots.empty() && snapshots.back().title == snapshot.title &&
            snapshots.back().price == snapshot.price && snapshots.back().left == snapshot.left)
            continue;
        if (!snapshots.empty()) snapshots.back().until = now;
        snapshots.push_back(std::move(snapshot));
    }
    return true;
} catch (const std::runtime_error&) {  // a disk that returns read errors; tables that do not exist yet
    return false;
}

bool ShownListings::is_shown_since(Duration since, const std::string& id, std::string_view html) {
    record();
    if (!server_ || since < known_from_) return true;
    return std::ranges::any_of(by_id_[id], [&](const Snapshot& snapshot) {
        return snapshot.until >= since && snapshot.is_in(html);
    });
}

// A listing can return to an earlier state: the event then matches its first occurrence, the page its last.
bool ShownListings::is_as_new_as(std::string_view event, const std::string& id, std::string_view html) {
    record();
    const auto& snapshots = by_id_[id];
    auto sent = std::ranges::find_if(snapshots,
                                     [&](const Snapshot& snapshot) { return snapshot.is_in_event(event); });
    return sent == snapshots.end() ||
           std::any_of(sent, snapshots.end(), [&](const Snapshot& snapshot) { return snapshot.is_in(html); });
}

}  // namespace stagedoor::simulation
