// The routes of auth. Each is specified and defined in the file with its name.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/auth/account.hpp"
#include "services/auth/app.hpp"

namespace stagedoor::auth::routes {

// The response body {}.
struct Done {};
BOOST_DESCRIBE_STRUCT(Done, (), ())

// The signed-in user's view of their own account.
struct CurrentUserView : User {
    bool confirmed = false;           // the email address
    std::optional<std::string> name;  // that buyers see
};
BOOST_DESCRIBE_STRUCT(CurrentUserView, (User), (confirmed, name))

struct CurrentUser {
    json::Nullable<CurrentUserView> current_user;
};
BOOST_DESCRIBE_STRUCT(CurrentUser, (), (current_user))

struct SessionView {
    SessionId id;
    Instant created_at;
    Instant last_seen_at;  // last renewal
    bool current = false;
    std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, created_at, last_seen_at, current, user_agent))

// A JSON Web Key (RFC 7517, RFC 8037).
struct PublicJwk {
    std::string kty, crv, kid, x, use, alg;
};
BOOST_DESCRIBE_STRUCT(PublicJwk, (), (kty, crv, kid, x, use, alg))

struct PublicJwks {
    std::vector<PublicJwk> keys;
};
BOOST_DESCRIBE_STRUCT(PublicJwks, (), (keys))

Task<http::Created<User>> sign_up(App& app, http::Body<NewAccount> account, http::Context& context);
Task<http::Ok<User>> sign_in(App& app, http::Body<Credentials> credentials, http::MaybeSignedIn before,
                             http::Context& context);
Task<http::Ok<Done>> sign_out(App& app, http::MaybeSignedIn user, http::Trace trace, http::Context& context);
Task<http::Ok<CurrentUser>> current_user(App& app, http::MaybeSignedIn user, http::Trace trace);
Task<http::Ok<User>> change_password(App& app, http::SignedIn user, http::Body<PasswordChange> change,
                                     http::Context& context);
Task<http::Ok<Done>> change_language(App& app, http::SignedIn user, http::Body<LanguageChoice> choice);
Task<http::Ok<Done>> change_name(App& app, http::SignedIn user, http::Body<SellerName> chosen);
Task<http::Ok<Done>> send_reset(App& app, http::Body<ForgottenPassword> request, http::Context& context);
Task<http::Ok<Done>> reset_password(App& app, http::Body<PasswordReset> reset, http::Context& context);
Task<http::Ok<User>> confirm_email(App& app, http::Body<Confirmation> confirmation);
Task<http::Ok<Done>> send_confirmation(App& app, http::SignedIn user, http::Trace trace);
Task<http::Page<SessionView>> list_sessions(App& app, http::SignedIn user,
                                            http::Query<http::PageQuery> query);
Task<http::Ok<Done>> end_sessions(App& app, http::SignedIn user, http::Body<SessionEnd> request,
                                  http::Context& context);
Task<http::Ok<PublicJwks>> list_keys(App& app);

}  // namespace stagedoor::auth::routes
