// The routes of orders, each specified and defined in the file named after it.
#pragma once

#include "common/http/routing/days.hpp"
#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/orders/app.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::routes {

struct SalesQuery : http::PageQuery {
    TicketId ticket_id;
};
BOOST_DESCRIBE_STRUCT(SalesQuery, (http::PageQuery), (ticket_id))

struct SoldDaysQuery : http::DaysQuery {
    TicketId ticket_id;
};
BOOST_DESCRIBE_STRUCT(SoldDaysQuery, (http::DaysQuery), (ticket_id))

Task<http::Page<Sale>> list_sales(App& app, http::SignedIn seller, http::Query<SalesQuery> query);
Task<http::Ok<std::vector<SoldDay>>> list_sold_days(App& app, http::SignedIn seller,
                                                    http::Query<SoldDaysQuery> query);
Task<http::Page<OrderView>> list_orders(App& app, http::SignedIn buyer, http::Query<http::PageQuery> query);
Task<http::Ok<OrderView>> show_order(App& app, http::SignedIn buyer, http::Path<OrderId> id);
Task<http::Created<OrderView>> create_order(App& app, http::SignedIn buyer, http::Body<NewOrder> request,
                                            http::Context& context);
Task<http::Ok<OrderView>> return_tickets(App& app, http::SignedIn buyer, http::Path<OrderId> id,
                                         http::Body<NewReturn> request, http::Trace trace);
Task<http::NoContent> cancel_order(App& app, http::SignedIn buyer, http::Path<OrderId> id, http::Trace trace);

}  // namespace stagedoor::orders::routes
