#include "services/tickets/store/reports.hpp"

namespace stagedoor::tickets::store {

void add_report(sql::Tx& tx, const TicketId& ticket, const Report& report) {
    tx.send(R"(
        INSERT INTO reports(ticket_id, user_id, reason, details, reported_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (ticket_id, user_id) DO UPDATE
           SET reason = excluded.reason, details = excluded.details, reported_at = excluded.reported_at)",
            ticket, report.user_id, report.reason, report.details, report.reported_at);
}

std::vector<ReportedListing> reported_listings(sql::Tx& tx, std::int64_t limit) {
    return tx.query<ReportedListing>(R"(
        SELECT tickets.id, tickets.user_id, tickets.title, tickets.status, count(*), min(reports.reported_at)
          FROM reports JOIN tickets ON tickets.id = reports.ticket_id
         GROUP BY tickets.id, tickets.user_id, tickets.title, tickets.status
         ORDER BY count(*) DESC, min(reports.reported_at), tickets.id LIMIT $1)",
                                     limit);
}

std::vector<Report> reports_about(sql::Tx& tx, const TicketId& ticket, std::int64_t limit) {
    return tx.query<Report>(R"(
        SELECT user_id, reason, details, reported_at FROM reports WHERE ticket_id = $1
         ORDER BY reported_at, user_id LIMIT $2)",
                            ticket, limit);
}

std::int64_t dismiss_reports(sql::Tx& tx, const TicketId& ticket) {
    return tx.execute("DELETE FROM reports WHERE ticket_id = $1", ticket).rows;
}

}  // namespace stagedoor::tickets::store
