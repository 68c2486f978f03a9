// What anybody may know about a seller.
#pragma once

#include <optional>

#include "common/json/described.hpp"
#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::tickets::store {

struct SellerRecord {
    Instant since;  // when the first tickets were listed
    std::int64_t sold = 0;
    bool more = false;  // sold in the newest ten thousand listings only: there are more
};
BOOST_DESCRIBE_STRUCT(SellerRecord, (), (since, sold, more))

// nullopt if that user has listed nothing.
[[nodiscard]] std::optional<SellerRecord> find_seller(sql::Tx& tx, const UserId& id);

}  // namespace stagedoor::tickets::store
