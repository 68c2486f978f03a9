// What mails need to know of people and listings: our copies of what auth and tickets tell.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/sql/tx.hpp"
#include "contracts/events/tickets.hpp"
#include "services/notifications/mail.hpp"

namespace stagedoor::notifications::store {

struct Person {
    std::string email;
    bool confirmed = false;
};
BOOST_DESCRIBE_STRUCT(Person, (), (email, confirmed))

struct Listing {
    std::string title;
    std::optional<std::string> venue, city;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, seats;
};
BOOST_DESCRIBE_STRUCT(Listing, (), (title, venue, city, starts_at, time_zone, seats))

// The address that a user has now.
void know_person(sql::Tx& tx, const UserId& id, const std::string& email);
// The same, and it is theirs.
void know_confirmed(sql::Tx& tx, const UserId& id, const std::string& email);
// An address that was told in passing: taken only when there is none.
void know_address(sql::Tx& tx, const UserId& id, const std::string& email);
void know_listing(sql::Tx& tx, const contracts::Listing& listing);

// A mail with what is known of whom it is for and of the listings that it tells of.
struct OpenMail {
    Mail mail;
    Matter matter;
    std::optional<Person> person;
    std::map<TicketId, Listing> listings;
    bool all_listings = true;
};
[[nodiscard]] OpenMail open(sql::Tx& tx, Mail mail);

}  // namespace stagedoor::notifications::store
