// The mails: those that wait to be sent, and what became of the others.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/notifications/mail.hpp"

namespace stagedoor::notifications::store {

enum class Status { queued, sent, given_up };
constexpr auto wire_names(Status) {
    return std::array{std::pair{Status::queued, std::string_view{"queued"}},
                      std::pair{Status::sent, std::string_view{"sent"}},
                      std::pair{Status::given_up, std::string_view{"given_up"}}};
}

// Database::listen to this channel to hear of a new one.
inline constexpr std::string_view queued_channel = "mail queued";

// Queues it, due now. One that was queued before under this id stays as it is.
void add(sql::Tx& tx, const Mail& mail);

struct Claimed {
    std::vector<Mail> mails;
    std::optional<Instant> next_due;  // of those that are left
};
// Leases up to `most` mails that are due: nobody else is given them until `until`. Each claim is a try, and only the
// last one's outcome counts, but for «sent», which is true whoever says it.
[[nodiscard]] Claimed claim(sql::Tx& tx, std::int64_t most, Instant until);
void mark_sent(sql::Tx& tx, const Mail& mail);
void put_off(sql::Tx& tx, const Mail& mail, Instant due_at, const std::string& error);
void give_up(sql::Tx& tx, const Mail& mail, const std::string& error);

// ---- for people who look

struct ShownMail {
    Mail mail;
    Status status = Status::queued;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(ShownMail, (), (mail, status, error))

// Newest first: those older than the one of this time and id.
[[nodiscard]] std::vector<ShownMail> before(sql::Tx& tx, Instant created_at, const std::string& id,
                                            std::int64_t limit);
[[nodiscard]] std::optional<ShownMail> find(sql::Tx& tx, const std::string& id);

}  // namespace stagedoor::notifications::store
