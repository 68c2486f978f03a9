// GET /api/payments/provider
//
//   200  who charges the buyers, and what a browser needs to make a token of a card
#include "services/payments/routes/routes.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<ShownProvider>> show_provider(App& app) {
    ShownProvider shown{std::string{app.provider->name()}, std::nullopt};
    if (auto key = app.provider->publishable_key(); !key.empty()) shown.publishable_key = std::move(key);
    co_return http::Ok{std::move(shown)};
}

}  // namespace stagedoor::payments::routes
