// Shared state of the worker and the pages of notifications.
#pragma once

#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/notifications/emails_in_progress.hpp"
#include "services/notifications/mailer.hpp"
#include "services/notifications/store/emails.hpp"
#include "services/notifications/store/moves.hpp"
#include "services/notifications/writer.hpp"

namespace stagedoor::notifications {

// At once. A slow mail server holds up those that it is slow with and no others; below the 50 connections
// that Postfix allows a client by default.
inline constexpr int max_deliveries = 32;

struct App {
    App(const ServiceDeps& deps, std::shared_ptr<Mailer> with)
        : db(deps.db),
          clock(deps.clock),
          executor(deps.executor),
          mailer(std::move(with)),
          views(embedded_assets()),
          writer(views, deps.own<Settings>(), deps.settings.origin(), deps.settings.language),
          delivery(deps.clock, deps.executor, "notifications: email", max_deliveries),
          lease_extension(deps.clock, {.name = "notifications: leases of emails",
                                       .max_interval = std::chrono::minutes{1}}),
          moves(deps.clock,
                {.name = "notifications: moved events", .max_interval = std::chrono::seconds{10}}),
          old_emails(deps.clock,
                     {.name = "notifications: old emails", .max_interval = std::chrono::hours{1}}),
          email_age(std::chrono::days{deps.own<Settings>().email_days}),
          mails_sent(
              deps.metrics.counter("stagedoor_mails_sent_total", "Emails accepted by the mail server")),
          mails_put_off(deps.metrics.counter("stagedoor_mails_put_off_total",
                                             "Failed or premature attempts that will be retried")),
          mails_given_up(deps.metrics.counter("stagedoor_mails_given_up_total",
                                              "Emails rejected for good or undeliverable for days")) {
        db.listen(std::string{store::queued_channel}, [this] { delivery.due_at(clock.now()); });
        db.listen(std::string{store::moves_channel}, [this] { moves.wake(); });
    }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Executor executor;
    std::shared_ptr<Mailer> mailer;
    EmailViews views;
    Writer writer;
    LeaseWorker delivery;
    PollLoop lease_extension, moves, old_emails;
    const std::chrono::milliseconds email_age;  // then the content is removed; 0: never
    EmailsInProgress in_progress;
    runtime::Counter mails_sent, mails_put_off, mails_given_up;
};

}  // namespace stagedoor::notifications
