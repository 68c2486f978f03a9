// GET /api/payments/provider
//
//   200  the payment provider's name, and the key with which a browser creates a token from a card
#include "services/payments/routes/routes.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<ProviderInfo>> show_provider(App& app) {
    ProviderInfo info{std::string{app.provider->name()}, std::nullopt};
    if (auto key = app.provider->publishable_key(); !key.empty()) info.publishable_key = std::move(key);
    co_return http::Ok{std::move(info)};
}

}  // namespace stagedoor::payments::routes
