#include "common/service/admin_access.hpp"

#include "common/errors.hpp"
#include "common/http/routing/router.hpp"
#include "common/http/server/server.hpp"
#include "common/outbound/address.hpp"
#include "common/security/link.hpp"

namespace stagedoor {

AdminAccess::AdminAccess(const ProgramSettings& settings)
    : token_(settings.admin_token),
      is_local_(outbound::is_loopback(settings.admin_address)),
      metrics_are_open_(settings.metrics_without_token) {}

void AdminAccess::check(const http::Request& request) const {
    if (request.path == "/healthz" || request.path == "/readyz") return;
    if (request.remote_address == http::unix_peer) return;
    if (request.path == "/metrics" && metrics_are_open_) return;
    if (token_.empty()) {
        if (is_local_) return;
        throw Forbidden("Set STAGEDOOR_ADMIN_TOKEN to use the admin routes from other machines"_text);
    }
    auto given = http::bearer_token(request);
    if (!given || !security::is_same_secret(*given, token_))
        throw NotSignedIn("The admin port needs STAGEDOOR_ADMIN_TOKEN as a bearer token"_text);
}

}  // namespace stagedoor
