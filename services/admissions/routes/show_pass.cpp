// GET /api/admissions/passes/:id
//
//   200  the pass with its code, unless it is revoked, and its generations
//   401  not signed in
//   403  somebody else holds it, perhaps since a transfer
//   404  no such pass
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"
#include "services/admissions/store/transfers.hpp"

namespace stagedoor::admissions::routes {
namespace {

struct HeldPass {
    PassRow pass;
    std::vector<Generation> history;
};

HeldPass find_held(sql::Tx& tx, const PassId& id, const UserId& holder) {
    auto pass = require_held(tx, id, holder);
    std::vector<Generation> history{{1, pass.created_at, Origin::issued}};
    auto transferred = store::transferred_generations(tx, id);
    history.insert(history.end(), transferred.begin(), transferred.end());
    return {std::move(pass), std::move(history)};
}

void add_code(PassDetails& details, const PassRow& row, const ListingKey& key) {
    details.code = code_of(row, key);
    if (!row.rotating) return;
    auto secret = code::pass_secret(key.door_key, code::serial_from_hex(row.serial).value(),
                                    static_cast<int>(row.generation));
    details.rotation = RotationSecret{base64url_of(secret), code::step_length.count()};
}

}  // namespace

Task<http::Ok<PassDetails>> show_pass(App& app, http::SignedIn holder, http::Path<PassId> id) {
    auto found = co_await app.db.read([&](sql::Tx& tx) { return find_held(tx, *id, holder.id); });
    PassDetails details{to_response(found.pass), {}, {}, {}, std::move(found.history)};
    if (details.status != PassStatus::revoked) {
        auto keys = co_await app.keys.find_or_make(app.db, found.pass.ticket_id, app.clock.now(), app.random);
        add_code(details, found.pass, keys->back());
        if (!found.pass.rotating) details.wallets = app.wallets();
    }
    co_return http::Ok{std::move(details)};
}

}  // namespace stagedoor::admissions::routes
