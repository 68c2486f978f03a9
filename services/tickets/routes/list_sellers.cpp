// GET /api/tickets/sellers?ids=
//
//   200  the names of those users, up to 100, who have chosen one
//   400  no ids, or too many
#include <algorithm>

#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {
namespace {

std::vector<UserId> ids_of(std::string_view list) {
    std::vector<UserId> ids;
    for (;;) {
        auto comma = list.find(',');
        UserId id{std::string{list.substr(0, comma)}};
        if (!id.text.empty() && std::ranges::find(ids, id) == ids.end()) ids.push_back(std::move(id));
        if (comma == std::string_view::npos) return ids;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

void check(const Sellers& query, json::Reading& reading) {
    constexpr std::size_t max_ids = 100;
    if (ids_of(query.ids.value).size() > max_ids)
        reading.add_error_at("ids", "must be at most {max} ids"_text.with("max", std::int64_t{max_ids}));
}

Task<http::Ok<std::vector<store::NamedSeller>>> list_sellers(App& app, http::Query<Sellers> query) {
    auto ids = ids_of(query->ids.value);
    co_return http::Ok{co_await app.db.read([&](sql::Tx& tx) { return store::seller_names(tx, ids); })};
}

}  // namespace stagedoor::tickets::routes
