// What the pages show of the listings has changed.
#pragma once

#include <string_view>

#include "common/service/changed.hpp"
#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::tickets::store {

inline constexpr std::string_view listings_channel = "listings";

// To be called in every transaction that writes what a search or a listing shows.
inline void listings_changed(sql::Tx& tx) { tx.notify(listings_channel); }
// What has changed about a listing that people may be looking at.
inline void listing_changed(sql::Tx& tx, const TicketId& id) {
    listings_changed(tx);
    tx.notify_of(Changed{id.text});
}

}  // namespace stagedoor::tickets::store
