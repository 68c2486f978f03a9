// GET /api/users/jwks.json
//
// The JSON Web Key Set for programs outside Stagedoor that verify tokens.
//   200  the public keys that sign sessions now or will soon
#include "services/auth/routes/routes.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<PublicJwks>> list_keys(App& app) {
    auto rows = co_await app.db.read([](sql::Tx& tx) { return store::keys(tx); });
    PublicJwks set;
    for (auto& row : rows)
        set.keys.push_back({"OKP", "Ed25519", std::move(row.id), std::move(row.public_key), "sig", "EdDSA"});
    http::Headers headers;
    // Less than the 10 min between a key's publication and its first use.
    headers.set("Cache-Control", "public, max-age=300");
    co_return http::Ok{std::move(set), std::move(headers)};
}

}  // namespace stagedoor::auth::routes
