// The routes of payments; each is specified and defined in the file of its name.
#pragma once

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

struct ShownProvider {
    std::string name;
    std::optional<std::string> publishable_key;  // what the browser needs to make a token of a card
};
BOOST_DESCRIBE_STRUCT(ShownProvider, (), (name, publishable_key))

// Nothing to tell but that it was taken.
struct Taken {};
BOOST_DESCRIBE_STRUCT(Taken, (), ())

struct ReconciliationQuery {
    std::optional<Instant> since;
};
BOOST_DESCRIBE_STRUCT(ReconciliationQuery, (), (since))

Task<http::Created<OpenedPayment>> create_payment(App& app, http::SignedIn buyer,
                                                  http::Body<NewPayment> request);
Task<http::Page<Payment>> list_payments(App& app, http::SignedIn buyer, http::Query<PaymentsQuery> query);
Task<http::Ok<std::vector<Balance>>> show_balance(App& app, http::SignedIn seller);
Task<http::Ok<ShownProvider>> show_provider(App& app);
Task<http::Ok<Taken>> receive_notice(App& app, http::Path<std::string> provider, http::Context& context);

// For operators.
Task<http::Ok<Reconciliation>> show_reconciliation(App& app, http::Query<ReconciliationQuery> query);

// Waits until the order is known here and `ready`, which what is still on its way may make it; false when it isn't
// after 2 s.
Task<bool> wait_for_order(App& app, OrderId id, bool (*ready)(const store::OrderCopy&));

}  // namespace stagedoor::payments::routes
