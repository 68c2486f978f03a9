// What anybody may know about a seller.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/json/described.hpp"
#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::tickets::store {

struct SellerRecord {
    Instant since;  // when the first tickets were listed
    std::int64_t sold = 0;
    bool more = false;  // sold in the newest ten thousand listings only: there are more
    std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(SellerRecord, (), (since, sold, more, name))

struct NamedSeller {
    UserId id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NamedSeller, (), (id, name))

// nullopt if that user has listed nothing.
[[nodiscard]] std::optional<SellerRecord> find_seller(sql::Tx& tx, const UserId& id);

void save_seller_name(sql::Tx& tx, const UserId& id, const std::string& name);
// Of those users who have chosen a name.
[[nodiscard]] std::vector<NamedSeller> seller_names(sql::Tx& tx, const std::vector<UserId>& ids);

}  // namespace stagedoor::tickets::store
