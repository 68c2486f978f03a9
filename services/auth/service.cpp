// auth on one page: its routes and background workers. It subscribes to no events.
#include "services/auth/service.hpp"

#include <algorithm>
#include <thread>

#include "common/service/service.hpp"
#include "services/auth/app.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/migrations.hpp"
#include "services/auth/workers/workers.hpp"

namespace stagedoor::auth {
namespace {

void close_passwords(App& app) { app.passwords->close(); }

}  // namespace

Service make_service(ServiceDeps deps) {
    // A hash keeps a core busy for about 30 ms: half of the cores stay free for everything else.
    auto threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency() / 2));
    return make_service_with(std::move(deps), security::make_passwords(threads));
}

Service make_service_with(ServiceDeps deps, std::unique_ptr<security::Passwords> passwords) {
    using enum ErrorKind;
    return service("auth", deps, std::make_shared<App>(deps, std::move(passwords)))
        .migrations(store::migrations())
        .post("/api/users/signup", routes::sign_up, {conflict, too_many_requests})
        .post("/api/users/signin", routes::sign_in, {not_signed_in, forbidden, too_many_requests})
        .post("/api/users/signout", routes::sign_out)
        .get("/api/users/currentuser", routes::current_user)
        .put("/api/users/password", routes::change_password, {conflict, too_many_requests})
        .put("/api/users/language", routes::change_language)
        .put("/api/users/name", routes::change_name, {too_many_requests})
        .post("/api/users/password/reset", routes::send_reset, {too_many_requests})
        .post("/api/users/password/reset/confirm", routes::reset_password)
        .post("/api/users/confirm", routes::confirm_email)
        .post("/api/users/confirm/resend", routes::send_confirmation, {conflict, too_many_requests})
        .get("/api/users/sessions", routes::list_sessions)
        .post("/api/users/sessions/end", routes::end_sessions, {not_found, too_many_requests})
        .get("/api/users/jwks.json", routes::list_keys)
        .on_start(workers::prepare_keys)
        .on_close(close_passwords)
        .worker(&App::key_loading, workers::load_keys)
        .worker(&App::key_rotation, workers::rotate_keys)
        .worker(&App::cleanup, workers::clean_up)
        .build();
}

}  // namespace stagedoor::auth
