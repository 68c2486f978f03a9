// POST /api/payments/notices/:provider
//
// The provider's webhook: the outcome of a charge.
//   200  accepted; a duplicate, a known outcome or an unknown charge changes nothing
//   400  wrong signature, too old, or unreadable
//   404  not the configured provider, or it sends no webhooks
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<WebhookAccepted>> receive_webhook(App& app, http::Path<std::string> provider,
                                                http::Context& context) {
    if (*provider != app.provider->name()) throw NotFound("Unknown payment provider"_text);
    const auto& request = context.request;
    auto webhook =
        app.provider->read_webhook(request.body, request.headers["Stripe-Signature"], app.clock.now());
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::add_webhook(tx, webhook.id) || !webhook.charge) return;
            if (auto payment = store::find(tx, *webhook.charge))
                workers::settle(app, tx, *payment, webhook.outcome);
        },
        {.traceparent = request.traceparent});
    co_return http::Ok{WebhookAccepted{}};
}

}  // namespace stagedoor::payments::routes
