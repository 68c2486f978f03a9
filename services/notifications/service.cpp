// The event handlers, the worker and the development pages of notifications.
#include "services/notifications/service.hpp"

#include "common/service/service.hpp"
#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/routes/routes.hpp"
#include "services/notifications/store/migrations.hpp"
#include "services/notifications/workers/workers.hpp"

namespace stagedoor::notifications {

Service make_service(ServiceDeps deps) {
    std::shared_ptr<Mailer> mailer =
        make_mailer(deps.own<Settings>(), deps.settings, deps.outbound, deps.clock);
    return make_service_with(std::move(deps), std::move(mailer));
}

Service make_service_with(ServiceDeps deps, std::shared_ptr<Mailer> mailer) {
    auto built = service("notifications", deps, std::make_shared<App>(deps, std::move(mailer)));
    built.migrations(store::migrations())
        .on<contracts::UserRegistered>(handlers::user_registered)
        .on<contracts::UserConfirmed>(handlers::user_confirmed)
        .on<contracts::UserLanguageChosen>(handlers::user_language_chosen)
        .on<contracts::LinkIssued>(handlers::link_issued)
        .on<contracts::TicketCreated>(handlers::ticket_created)
        .on<contracts::TicketUpdated>(handlers::ticket_updated)
        .on<contracts::TicketWithdrawn>(handlers::ticket_withdrawn)
        .on<contracts::TicketCancelled>(handlers::ticket_cancelled)
        .on<contracts::OrderCompleted>(handlers::order_completed)
        .on<contracts::OrderCancelled>(handlers::order_cancelled)
        .on<contracts::OrderVoided>(handlers::order_voided)
        .on<contracts::PaymentRefunded>(handlers::payment_refunded)
        .on<contracts::TransferOffered>(handlers::transfer_offered)
        .on<contracts::TransferClaimed>(handlers::transfer_claimed)
        .on<contracts::TransferRevoked>(handlers::transfer_revoked)
        .follow_sessions()
        .batch_events_for(std::chrono::milliseconds{20})
        .worker(&App::delivery, workers::claim_emails)
        .worker(&App::lease_extension, workers::extend_leases)
        .worker(&App::moves, workers::email_moves)
        .worker(&App::old_emails, workers::remove_old_emails);
    // These pages show everybody's emails to everybody, so they exist only if no email is really sent.
    auto settings = deps.own<Settings>();
    if (settings.mail_page.value_or(false) && settings.smtp_url.empty()) {
        built
            .startup_line([](const std::string& url) {
                return "emails are not sent but shown, to everybody, at " + url + "/dev/mails";
            })
            .get("/dev/mails", routes::list_mails)
            .operators_only()
            .get("/dev/mails/:id", routes::show_mail)
            .operators_only()
            .get("/dev/mails/:id/message", routes::show_message)
            .operators_only();
    }
    return built.build();
}

}  // namespace stagedoor::notifications
