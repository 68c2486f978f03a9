// Sample listings and shorthands shared by the tests of orders.
#pragma once

#include "contracts/events/expiration.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"
#include "services/orders/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::orders {

using stagedoor::testing::eventually;
using stagedoor::testing::ServiceTest;

struct Sample {
    std::int64_t quantity = 10;
    std::int64_t max_per_order = 10;
    Money price{1999, {}};
    std::string seller = "seller";
    std::optional<Instant> starts_at = std::nullopt;
    std::optional<std::int64_t> max_per_buyer = std::nullopt;
};

inline contracts::Listing listing(const std::string& id, const Sample& sample, std::int64_t version = 1) {
    return {.id = TicketId{id},
            .user_id = UserId{sample.seller},
            .title = "The " + id,
            .price = sample.price,
            .quantity = sample.quantity,
            .max_per_order = sample.max_per_order,
            .max_per_buyer = sample.max_per_buyer,
            .starts_at = sample.starts_at,
            .version = version};
}
inline contracts::TicketCreated ticket_created(const std::string& id, const Sample& sample = {}) {
    return {listing(id, sample)};
}
inline contracts::TicketUpdated ticket_updated(const std::string& id, std::int64_t version,
                                               const Sample& sample) {
    return {listing(id, sample, version)};
}

// For an order of `buyer`.
inline contracts::PaymentStarted payment_started(const std::string& order) {
    contracts::PaymentStarted event;
    event.id = PaymentId{"payment of " + order};
    event.order_id = OrderId{order};
    event.user_id = UserId{"buyer"};
    event.version = 1;
    return event;
}
inline contracts::PaymentCreated payment_created(const std::string& order) {
    contracts::PaymentCreated event;
    static_cast<contracts::PaymentState&>(event) = payment_started(order);
    event.version = 2;
    return event;
}

struct Test : ::testing::Test {
    ServiceTest orders{make_service};

    void pay(const std::string& order) { orders.receives(payment_started(order), payment_created(order)); }

    [[nodiscard]] std::int64_t available(const std::string& ticket) {
        return orders.number("SELECT capacity - held - sold FROM tickets WHERE id = $1", ticket);
    }
    // Orders one ticket as `buyer`; returns the order's id.
    [[nodiscard]] std::string place_order(const std::string& buyer, const std::string& ticket) {
        return orders.as(buyer)
            .post("/api/orders", R"({"ticketId":")" + ticket + R"("})")
            .expect(201)
            .at("id");
    }
};

}  // namespace stagedoor::orders
