// The routes of payments, each specified and defined in the file of its name.
#pragma once

#include "common/http/routing/days.hpp"
#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/payments/app.hpp"
#include "services/payments/payment.hpp"
#include "services/payments/reconciliation.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::routes {

struct PaymentsQuery : http::PageQuery {
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(PaymentsQuery, (http::PageQuery), (order_id))

struct ProviderInfo {
    std::string name;
    std::optional<std::string> publishable_key;  // for the browser, to create a token from a card
};
BOOST_DESCRIBE_STRUCT(ProviderInfo, (), (name, publishable_key))

struct WebhookAccepted {};
BOOST_DESCRIBE_STRUCT(WebhookAccepted, (), ())

struct ReconciliationQuery {
    std::optional<Instant> since;
};
BOOST_DESCRIBE_STRUCT(ReconciliationQuery, (), (since))

Task<http::Created<OpenedPayment>> create_payment(App& app, http::SignedIn buyer,
                                                  http::Body<NewPayment> request, http::Context& context);
Task<http::Page<Payment>> list_payments(App& app, http::SignedIn buyer, http::Query<PaymentsQuery> query,
                                        http::Context& context);
Task<http::Ok<std::vector<Balance>>> show_balance(App& app, http::SignedIn seller);
Task<http::Page<LedgerEntry>> list_ledger(App& app, http::SignedIn seller,
                                          http::Query<http::PageQuery> query);
Task<http::Ok<std::vector<SalesDay>>> show_sales(App& app, http::SignedIn seller,
                                                 http::Query<http::DaysQuery> query);
Task<http::Ok<ProviderInfo>> show_provider(App& app);
Task<http::Ok<WebhookAccepted>> receive_webhook(App& app, http::Path<std::string> provider,
                                                http::Context& context);

// On the admin port.
Task<http::Ok<Reconciliation>> show_reconciliation(App& app, http::Query<ReconciliationQuery> query);

using Caller = messaging::ReadYourWrites::Caller;
// Waits until the order's events have arrived here and `ready` holds; returns false if it doesn't within 2 s.
// Throws Unavailable if too many requests wait.
Task<bool> wait_for_order(App& app, OrderId id, Caller caller, bool (*ready)(const store::OrderProjection&));

}  // namespace stagedoor::payments::routes
