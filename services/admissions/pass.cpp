#include "services/admissions/pass.hpp"

#include <algorithm>

namespace stagedoor::admissions {
namespace {

PassStatus status_of(const PassRow& row) {
    if (row.validity != Validity::valid) return PassStatus::revoked;
    if (row.entries == 0) return PassStatus::valid;
    if (row.reentry == Reentry::none) return PassStatus::used;
    return row.inside ? PassStatus::inside : PassStatus::valid;
}

}  // namespace

Pass to_response(const PassRow& row) {
    Pass pass{.id = row.id,
              .serial = row.serial,
              .number = row.number,
              .ticket_id = row.ticket_id,
              .order_id = row.order_id,
              .title = row.title,
              .starts_at = row.starts_at,
              .time_zone = row.time_zone,
              .venue = row.venue,
              .city = row.city,
              .seats = row.seats,
              .status = status_of(row),
              .generation = row.generation,
              .created_at = row.created_at,
              .admitted_at = row.admitted_at,
              .offer = {},
              .transfers = row.transfers,
              .transfers_left = {},
              .version = row.version};
    if (row.offer_id) pass.offer = Offer{*row.offer_id, row.offered_at.value()};
    if (row.max_transfers)
        pass.transfers_left = std::max<std::int64_t>(0, *row.max_transfers - (row.generation - 1));
    return pass;
}

}  // namespace stagedoor::admissions
