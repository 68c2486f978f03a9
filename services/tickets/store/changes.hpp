// What the pages show of the listings has changed.
#pragma once

#include <string_view>

#include "common/sql/tx.hpp"

namespace stagedoor::tickets::store {

inline constexpr std::string_view listings_channel = "listings";

// To be called in every transaction that writes what a search or a listing shows.
inline void listings_changed(sql::Tx& tx) { tx.notify(listings_channel); }

}  // namespace stagedoor::tickets::store
