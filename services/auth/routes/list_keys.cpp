// GET /api/users/jwks.json
//
// For whoever wants to check a token elsewhere.
//   200  the public keys that sessions are or will soon be signed with
#include "services/auth/routes/routes.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<PublicJwks>> list_keys(App& app) {
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    PublicJwks set;
    for (auto& row : rows)
        set.keys.push_back({"OKP", "Ed25519", std::move(row.id), std::move(row.public_key), "sig", "EdDSA"});
    http::Headers headers;
    headers.set("Cache-Control",
                "public, max-age=300");  // less than the time between a key's telling and its use
    co_return http::Ok{std::move(set), std::move(headers)};
}

}  // namespace stagedoor::auth::routes
