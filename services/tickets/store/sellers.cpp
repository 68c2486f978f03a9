#include "services/tickets/store/sellers.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::int64_t max_listings = 10'000;

struct Sales {
    std::int64_t listings = 0, sold = 0;
};
BOOST_DESCRIBE_STRUCT(Sales, (), (listings, sold))

}  // namespace

std::optional<SellerRecord> find_seller(sql::Tx& tx, const UserId& id) {
    auto since =
        tx.find<Instant>("SELECT created_at FROM tickets WHERE user_id = $1 ORDER BY id LIMIT 1", id);
    if (!since) return std::nullopt;
    auto sales = tx.query<Sales>(
                       "SELECT count(*), coalesce(sum(sold), 0) FROM"
                       " (SELECT sold FROM tickets WHERE user_id = $1 ORDER BY id DESC LIMIT $2) AS newest",
                       id, max_listings)
                     .front();
    return SellerRecord{*since, sales.sold, sales.listings == max_listings};
}

}  // namespace stagedoor::tickets::store
