// The routes of orders, each specified and defined in the file named after it.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/orders/app.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::routes {

Task<http::Page<OrderView>> list_orders(App& app, http::SignedIn buyer, http::Query<http::PageQuery> query);
Task<http::Ok<OrderView>> show_order(App& app, http::SignedIn buyer, http::Path<OrderId> id);
Task<http::Created<OrderView>> create_order(App& app, http::SignedIn buyer, http::Body<NewOrder> request,
                                            http::Context& context);
Task<http::Ok<OrderView>> return_tickets(App& app, http::SignedIn buyer, http::Path<OrderId> id,
                                         http::Body<Return> request, http::Trace trace);
Task<http::NoContent> cancel_order(App& app, http::SignedIn buyer, http::Path<OrderId> id, http::Trace trace);

}  // namespace stagedoor::orders::routes
