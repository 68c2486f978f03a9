// What the marketplace consists of.
#pragma once

#include <vector>

#include "common/service/host.hpp"
#include "services/auth/service.hpp"
#include "services/client/service.hpp"
#include "services/expiration/service.hpp"
#include "services/notifications/service.hpp"
#include "services/orders/service.hpp"
#include "services/payments/service.hpp"
#include "services/tickets/service.hpp"

namespace stagedoor {

inline std::vector<NamedService> all_services() {
    return {{"auth", auth::make_service},         {"tickets", tickets::make_service},
            {"orders", orders::make_service},     {"expiration", expiration::make_service},
            {"payments", payments::make_service}, {"notifications", notifications::make_service},
            {"client", client::make_service}};
}

}  // namespace stagedoor
