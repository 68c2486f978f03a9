// Projections of auth's and tickets' events, as far as emails need them: addresses and listings.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/sql/tx.hpp"
#include "contracts/events/tickets.hpp"
#include "services/notifications/email.hpp"

namespace stagedoor::notifications::store {

struct Recipient {
    std::string email;
    bool confirmed = false;
    std::optional<std::string> language;  // a tag; nullopt: that of the settings
};
BOOST_DESCRIBE_STRUCT(Recipient, (), (email, confirmed, language))

struct Listing {
    std::string title;
    std::optional<std::string> venue, city;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, seats;
    std::optional<std::int64_t> moved_version;  // when its event last moved
};
BOOST_DESCRIBE_STRUCT(Listing, (), (title, venue, city, starts_at, time_zone, seats, moved_version))

[[nodiscard]] contracts::Offer offer_of(const Listing& listing);

void save_address(sql::Tx& tx, const UserId& id, const std::string& email,
                  const std::optional<std::string>& language);
void save_language(sql::Tx& tx, const UserId& id, const std::string& language);
void save_confirmed_address(sql::Tx& tx, const UserId& id, const std::string& email);
// For an address from an event that isn't about the user: never replaces a known one.
void save_address_if_unknown(sql::Tx& tx, const UserId& id, const std::string& email,
                             const std::optional<std::string>& language);
void save_listing(sql::Tx& tx, const contracts::Listing& listing);

// An email with what is known now about its recipient and listings.
struct ResolvedEmail {
    Email email;
    Payload payload;
    std::optional<Recipient> recipient;
    std::map<TicketId, Listing> listings;
    bool all_listings = true;  // false: one of them is not known yet
    bool outdated = false;     // what it says is no longer so

    // Without details if it is not known.
    [[nodiscard]] Listing listing(const TicketId& id) const {
        auto found = listings.find(id);
        return found == listings.end() ? Listing{} : found->second;
    }
};
[[nodiscard]] ResolvedEmail resolve(sql::Tx& tx, Email email);

}  // namespace stagedoor::notifications::store
