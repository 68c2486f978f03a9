#include "services/payments/routes/routes.hpp"

namespace stagedoor::payments::routes {
namespace {

Task<bool> is_ready(App& app, OrderId id, bool (*ready)(const store::OrderProjection&)) {
    auto order = co_await app.db.read([&](sql::Tx& tx) { return store::find_order(tx, id); });
    co_return order&& ready(*order);
}

}  // namespace

Task<bool> wait_for_order(App& app, OrderId id, Caller caller, bool (*ready)(const store::OrderProjection&)) {
    co_return co_await app.read_your_writes->wait_until_known(id.text, std::move(caller),
                                                              [&] { return is_ready(app, id, ready); });
}

}  // namespace stagedoor::payments::routes
