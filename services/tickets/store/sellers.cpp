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
    auto named = seller_names(tx, {id});
    auto name = named.empty() ? std::nullopt : std::optional{std::move(named.front().name)};
    return SellerRecord{*since, sales.sold, sales.listings == max_listings, std::move(name)};
}

void save_seller_name(sql::Tx& tx, const UserId& id, const std::string& name) {
    tx.send(R"(
        INSERT INTO sellers(id, name) VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name)",
            id, name);
}

std::vector<NamedSeller> seller_names(sql::Tx& tx, const std::vector<UserId>& ids) {
    std::vector<sql::LaterRows<NamedSeller>> found;
    for (const auto& id : ids) {
        found.push_back(
            tx.query_later<NamedSeller>("SELECT id, name FROM sellers WHERE id = $1 AND name <> ''", id));
    }
    std::vector<NamedSeller> named;
    for (auto& rows : found) {
        for (auto& each : rows.get()) named.push_back(std::move(each));
    }
    return named;
}

}  // namespace stagedoor::tickets::store
