// POST /api/payments/notices/:provider
//
// The provider tells by itself what became of a charge.
//   200  taken; what is known already, told twice, or about nothing of ours changes nothing
//   400  not signed by the provider, or too old
//   404  not the provider that charges here, or one that sends no notices
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<Taken>> receive_notice(App& app, http::Path<std::string> provider, http::Context& context) {
    if (*provider != app.provider->name()) throw NotFound("No such provider here");
    const auto& request = context.request;
    auto notice =
        app.provider->read_notice(request.body, request.headers["Stripe-Signature"], app.clock.now());
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::note(tx, notice.id) || !notice.charge) return;
            if (auto payment = store::find(tx, *notice.charge))
                workers::settle(app, tx, *payment, notice.outcome);
        },
        {.traceparent = request.traceparent});
    co_return http::Ok{Taken{}};
}

}  // namespace stagedoor::payments::routes
