// Everything that notifications hears, what it does by itself and what it shows a developer.
#include "services/notifications/service.hpp"

#include "services/notifications/listeners/listeners.hpp"
#include "services/notifications/loops/loops.hpp"
#include "services/notifications/routes/routes.hpp"
#include "services/notifications/store/schema.hpp"

namespace stagedoor::notifications {

Service make_service(ServiceDeps deps) {
    std::shared_ptr<Mailer> mailer = make_mailer(deps.settings, deps.outbound);
    return make_service_with(std::move(deps), std::move(mailer));
}

Service make_service_with(ServiceDeps deps, std::shared_ptr<Mailer> mailer) {
    auto built = service("notifications", deps, std::make_shared<App>(deps, std::move(mailer)));
    built.migrations(store::migrations())
        .on<contracts::UserRegistered>(listeners::user_registered)
        .on<contracts::UserConfirmed>(listeners::user_confirmed)
        .on<contracts::LinkIssued>(listeners::link_issued)
        .on<contracts::TicketCreated>(listeners::ticket_created)
        .on<contracts::TicketUpdated>(listeners::ticket_updated)
        .on<contracts::TicketWithdrawn>(listeners::ticket_withdrawn)
        .on<contracts::TicketCancelled>(listeners::ticket_cancelled)
        .on<contracts::OrderCompleted>(listeners::order_completed)
        .on<contracts::OrderCancelled>(listeners::order_cancelled)
        .on<contracts::OrderVoided>(listeners::order_voided)
        .on<contracts::PaymentRefunded>(listeners::payment_refunded)
        .follow_sessions()
        .gather_events_for(std::chrono::milliseconds{20})
        .loop("mails", loops::deliver_mails);
    // They show everybody's mails to everybody, so they aren't there but where nothing is mailed.
    if (deps.settings.mail_page.value_or(false) && deps.settings.smtp_url.empty()) {
        built.get("/dev/mails", routes::list_mails)
            .get("/dev/mails/:id", routes::show_mail)
            .get("/dev/mails/:id/message", routes::show_message);
    }
    return built.build();
}

}  // namespace stagedoor::notifications
