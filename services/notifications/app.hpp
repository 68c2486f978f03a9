// What the loop and the pages of notifications are given.
#pragma once

#include "common/service/service.hpp"
#include "services/notifications/mailer.hpp"
#include "services/notifications/store/mails.hpp"
#include "services/notifications/writer.hpp"

namespace stagedoor::notifications {

struct App {
    App(const ServiceDeps& deps, std::shared_ptr<Mailer> sends)
        : db(deps.db),
          clock(deps.clock),
          executor(deps.executor),
          settings(deps.settings),
          mailer(std::move(sends)),
          templates(embedded_assets()),
          writer(templates, deps.settings),
          queued(deps.clock),
          rest(deps.clock),
          mails_sent(deps.metrics.counter("stagedoor_mails_sent_total", "Mails that were handed over")),
          mails_put_off(deps.metrics.counter("stagedoor_mails_put_off_total",
                                             "Tries that failed or came too early, and will be repeated")),
          mails_given_up(
              deps.metrics.counter("stagedoor_mails_given_up_total",
                                   "Mails that were refused for good or came to nothing for days")) {
        db.listen(std::string{store::queued_channel}, [this] { queued.notify(); });
    }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Executor executor;
    Settings settings;
    std::shared_ptr<Mailer> mailer;
    templates::Templates templates;  // of mails and pages, parsed once
    Writer writer;
    runtime::AsyncEvent queued;  // a mail was
    runtime::AsyncEvent rest;    // between two claims
    runtime::Counter mails_sent, mails_put_off, mails_given_up;
};

}  // namespace stagedoor::notifications
