// PUT /api/users/language
//
// Sets the language that the user gets emails in.
//   200  {}; publishes user.language_chosen, if it is another one than before
//   400  not a language of ours
//   401  not signed in
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> change_language(App& app, http::SignedIn user, http::Body<LanguageChoice> choice) {
    co_await app.db.write([&](sql::Tx& tx) { store::set_language(tx, user.id, choice->language); },
                          {.traceparent = choice.key.traceparent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
