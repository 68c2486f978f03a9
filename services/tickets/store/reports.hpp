// Reports of users about listings, for operators to look at.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets {

enum class ReportReason { misleading, counterfeit, offensive, other };
constexpr auto wire_names(ReportReason) {
    return std::array{std::pair{ReportReason::misleading, std::string_view{"misleading"}},
                      std::pair{ReportReason::counterfeit, std::string_view{"counterfeit"}},
                      std::pair{ReportReason::offensive, std::string_view{"offensive"}},
                      std::pair{ReportReason::other, std::string_view{"other"}}};
}

namespace store {

struct Report {
    UserId user_id;
    ReportReason reason = ReportReason::other;
    std::string details;
    Instant reported_at;
};
BOOST_DESCRIBE_STRUCT(Report, (), (user_id, reason, details, reported_at))

// Replaces an earlier report of the user about the listing.
void add_report(sql::Tx& tx, const TicketId& ticket, const Report& report);

struct ReportedListing {
    TicketId id;
    UserId user_id;  // the seller
    std::string title;
    TicketStatus status = TicketStatus::open;
    std::int64_t reports = 0;
    Instant first_reported_at;
};
BOOST_DESCRIBE_STRUCT(ReportedListing, (), (id, user_id, title, status, reports, first_reported_at))

// Those with the most reports first, at most `limit`.
[[nodiscard]] std::vector<ReportedListing> reported_listings(sql::Tx& tx, std::int64_t limit);
// Oldest first, at most `limit`.
[[nodiscard]] std::vector<Report> reports_about(sql::Tx& tx, const TicketId& ticket, std::int64_t limit);

// Deletes all reports about the listing and returns how many there were.
std::int64_t dismiss_reports(sql::Tx& tx, const TicketId& ticket);

}  // namespace store
}  // namespace stagedoor::tickets
