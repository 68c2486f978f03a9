// All routes of client.
#include "services/client/service.hpp"

#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client {

Service make_service(ServiceDeps deps) {
    return service("client", deps, std::make_shared<App>(deps))
        .get("/", page<routes::landing>)
        .get("/tickets/new", page<routes::new_listing>)
        .post("/tickets/new", page<routes::create_listing>)
        .get("/tickets/:id", page<routes::listing>)
        .get("/tickets/:id/edit", page<routes::edit_listing>)
        .post("/tickets/:id/edit", page<routes::update_listing>)
        .get("/tickets/:id/withdraw", page<routes::parent_page>)
        .post("/tickets/:id/withdraw", page<routes::withdraw_listing>)
        .get("/tickets/:id/cancel", page<routes::cancellation>)
        .post("/tickets/:id/cancel", page<routes::cancel_listing>)
        .get("/selling", page<routes::selling>)
        .get("/basket", page<routes::basket>)
        .post("/basket", page<routes::change_basket>)
        .get("/orders", page<routes::orders>)
        .post("/orders", page<routes::hold>)
        .get("/orders/:id", page<routes::order>)
        .get("/orders/:id/cancel", page<routes::parent_page>)
        .post("/orders/:id/cancel", page<routes::cancel_order>)
        .get("/orders/:id/pay", page<routes::pay>)
        .post("/orders/:id/pay", page<routes::send_payment>)
        .get("/auth/signup", page<routes::sign_up>)
        .post("/auth/signup", page<routes::create_account>)
        .get("/auth/signin", page<routes::sign_in>)
        .post("/auth/signin", page<routes::start_session>)
        .post("/auth/signout", page<routes::sign_out>)
        .get("/auth/forgot", page<routes::forgot>)
        .post("/auth/forgot", page<routes::send_reset>)
        .get("/auth/reset", page<routes::reset>)
        .post("/auth/reset", page<routes::set_password>)
        .get("/auth/confirm", page<routes::confirm>)
        .post("/auth/confirm", page<routes::confirm_email>)
        .get("/account", page<routes::account>)
        .get("/account/password", page<routes::parent_page>)
        .post("/account/password", page<routes::change_password>)
        .post("/account/sessions/end", page<routes::end_session>)
        .post("/account/confirmation", page<routes::send_confirmation>)
        .get("/static/:file", routes::static_file)
        .not_found(routes::not_found)
        .follow_sessions()
        .build();
}

}  // namespace stagedoor::client
