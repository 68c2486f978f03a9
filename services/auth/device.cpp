#include "services/auth/device.hpp"

#include "common/security/link.hpp"

namespace stagedoor::auth {
namespace {

constexpr std::chrono::seconds cookie_lifetime = std::chrono::days{365};

std::string cookie_name(const App& app) { return app.https ? "__Host-device" : "device"; }

std::string proof_of(const App& app, std::string_view device, const UserId& user) {
    return security::keyed_hash("device", std::string{device} + "\n" + user.text, app.keys.device_key());
}

}  // namespace

std::optional<std::string> known_device(const App& app, const http::Request& request, const UserId& user) {
    auto cookie = request.cookie(cookie_name(app));
    auto dot = cookie.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    auto device = cookie.substr(0, dot), proof = cookie.substr(dot + 1);
    if (!security::is_same_secret(proof, proof_of(app, device, user))) return std::nullopt;
    return std::string{device};
}

std::string device_cookie(const App& app, const http::Request& request, const UserId& user) {
    auto device = known_device(app, request, user).value_or(runtime::new_uuid(app.random, app.clock.now()));
    return cookie_name(app) + "=" + device + "." + proof_of(app, device, user) +
           "; Path=/; Max-Age=" + std::to_string(cookie_lifetime.count()) + "; HttpOnly; SameSite=Lax";
}

}  // namespace stagedoor::auth
