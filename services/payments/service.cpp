// The payments service on one page: its routes, event handlers and workers.
#include "services/payments/service.hpp"

#include "common/service/service.hpp"
#include "services/payments/handlers/handlers.hpp"
#include "services/payments/providers/stripe.hpp"
#include "services/payments/providers/test_provider.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/settings.hpp"
#include "services/payments/store/migrations.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments {
namespace {

std::unique_ptr<Provider> make_provider(const ServiceDeps& deps) {
    auto settings = deps.own<Settings>();
    if (settings.provider != ProviderKind::stripe) return make_test_provider(deps);
    return make_stripe_provider({settings.stripe_url, settings.stripe_secret_key,
                                 settings.stripe_publishable_key, settings.stripe_webhook_secret},
                                deps.outbound);
}

void close_provider(App& app) { app.provider->close(); }

}  // namespace

Service make_service(ServiceDeps deps) {
    auto provider = make_provider(deps);
    return make_service_with(std::move(deps), std::move(provider));
}

Service make_service_with(ServiceDeps deps, std::unique_ptr<Provider> provider) {
    using enum ErrorKind;
    return service("payments", deps, std::make_shared<App>(deps, std::move(provider)))
        .migrations(store::migrations())
        .get("/api/payments", routes::list_payments, {forbidden, not_found})
        .get("/api/payments/balance", routes::show_balance)
        .get("/api/payments/ledger", routes::list_ledger)
        .get("/api/payments/sales", routes::show_sales)
        .get("/api/payments/provider", routes::show_provider)
        .post("/api/payments", routes::create_payment,
              {declined, forbidden, not_found, conflict, too_many_requests})
        .post("/api/payments/notices/:provider", routes::receive_webhook, {invalid})
        .admin(http::Method::get, "/admin/payments/reconciliation", routes::show_reconciliation)
        .on<contracts::OrderCreated>(handlers::order_created)
        .on_batch<contracts::OrderAwaiting>(handlers::orders_awaiting)
        .on<contracts::OrderReopened>(handlers::order_reopened)
        .on_batch<contracts::OrderCompleted>(handlers::orders_completed)
        .on<contracts::OrderVoided>(handlers::order_voided)
        .on<contracts::OrderCancelled>(handlers::order_cancelled)
        .follow_sessions()
        .share_applied_events()
        .worker(&App::charging, workers::claim_charges)
        .worker(&App::refunding, workers::claim_refunds)
        .on_abort(close_provider)
        .on_close(close_provider)
        .build();
}

}  // namespace stagedoor::payments
