// notifications: emails users about their orders, sales and money, and sends the links that auth issues.
#pragma once

#include "common/service/deps.hpp"
#include "services/notifications/mailer.hpp"

namespace stagedoor::notifications {

[[nodiscard]] Service make_service(ServiceDeps deps);
// With another mailer.
[[nodiscard]] Service make_service_with(ServiceDeps deps, std::shared_ptr<Mailer> mailer);

}  // namespace stagedoor::notifications
