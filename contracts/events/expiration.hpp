// Events of expiration.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::contracts {

// The time to pay has passed. Orders decides by its own clock what follows.
struct ExpirationComplete {
    static constexpr std::string_view subject = "expiration.complete";
    static constexpr std::string_view source = "expiration";
    OrderId order_id;
    std::optional<Instant> expires_at;  // the time that has passed
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return order_id.text; }
};
BOOST_DESCRIBE_STRUCT(ExpirationComplete, (), (order_id, expires_at, version))

}  // namespace stagedoor::contracts
