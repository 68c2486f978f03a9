// The queue of emails, and the outcomes of those that were sent or given up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/notifications/email.hpp"

namespace stagedoor::notifications::store {

enum class Status { queued, sent, given_up };
constexpr auto wire_names(Status) {
    return std::array{std::pair{Status::queued, std::string_view{"queued"}},
                      std::pair{Status::sent, std::string_view{"sent"}},
                      std::pair{Status::given_up, std::string_view{"given_up"}}};
}

// Database::listen to this channel to be notified of new emails.
inline constexpr std::string_view queued_channel = "mail queued";

// Queues an email, due now. Does nothing if its id exists.
void add(sql::Tx& tx, const Email& email);

// Why an email waits for its address to be confirmed, as stored with it.
inline constexpr std::string_view not_confirmed = "the address is not confirmed";
// Makes the user's emails due that wait for that.
void deliver_now(sql::Tx& tx, const UserId& user);

struct Claimed {
    std::vector<Email> emails;
    std::optional<Instant> next_due;  // of the remaining ones
};
// Leases up to `max` due emails to the caller until `until`. Each claim is an attempt; only the outcome of
// the last attempt counts, except "sent", which is true whoever reports it.
[[nodiscard]] Claimed claim(sql::Tx& tx, std::int64_t max, Instant until);
// Extends the lease that ends at `from`. Does nothing if the email has an outcome or another lease.
void extend_lease(sql::Tx& tx, const Email& email, Instant from, Instant until);

// The server's reply to an attempt; nullopt if there was none.
using Reply = std::optional<std::string>;
void mark_sent(sql::Tx& tx, const Email& email, const Reply& reply);
void postpone(sql::Tx& tx, const Email& email, Instant due_at, const std::string& error, const Reply& reply);
void give_up(sql::Tx& tx, const Email& email, const std::string& error, const Reply& reply);

// Removes the content of at most `max` emails that were sent or given up and are older than `before`; none
// while purchases are still read from them, after an upgrade. The row stays: its id keeps the same email from
// being sent again. Returns how many there were.
[[nodiscard]] std::int64_t remove_content(sql::Tx& tx, Instant before, std::int64_t max);

// ---- for the development pages

struct StoredEmail {
    Email email;
    Status status = Status::queued;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(StoredEmail, (), (email, status, error))

// Newest first: those before the one with this time and id.
[[nodiscard]] std::vector<StoredEmail> before(sql::Tx& tx, Instant created_at, const std::string& id,
                                              std::int64_t limit);
[[nodiscard]] std::optional<StoredEmail> find(sql::Tx& tx, const std::string& id);

}  // namespace stagedoor::notifications::store
