// What the routes, handlers and workers of tickets share.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/security/audit_log.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/tickets/counted_cities.hpp"
#include "services/tickets/picture_store.hpp"
#include "services/tickets/settings.hpp"
#include "services/tickets/store/vocabulary.hpp"

namespace stagedoor::tickets {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          rate_limits(deps.settings.rate_limits),
          needs_confirmed_emails(deps.settings.needs_confirmed_emails()),
          cell_of_new_ids(static_cast<int>(deps.settings.cell)),
          settings(deps.own<Settings>()),
          audit(deps.clock, deps.random, deps.metrics),
          indexing(deps.clock, {.name = "tickets: search entries", .max_interval = std::chrono::minutes{1}}),
          picture_deletion(deps.clock, {.name = "tickets: unused pictures",
                                        .max_interval = std::min<std::chrono::milliseconds>(
                                            std::chrono::hours{1}, settings.unused_pictures_kept_for),
                                        .max_retry_delay = std::chrono::minutes{1}}),
          renderer(deps.renderer),
          picture_store(open_picture_store(deps, settings)) {}

    // What an admin is about to do to a listing that may be somebody else's; nullopt for other users.
    [[nodiscard]] std::optional<security::AuditEntry> admin_entry(const http::SignedIn& user,
                                                                  std::string action,
                                                                  const TicketId& id) const {
        if (!user.claims.has_role("admin")) return std::nullopt;
        return audit.entry("user " + user.id.text, std::move(action), "ticket " + id.text);
    }
    // In the transaction of the act, unless the listing is the admin's own.
    void record(sql::Tx& tx, const std::optional<security::AuditEntry>& entry, const http::SignedIn& user,
                const UserId& seller) const {
        if (entry && seller != user.id) audit.record(tx, *entry);
    }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    bool rate_limits, needs_confirmed_emails;
    int cell_of_new_ids;
    Settings settings;
    security::AuditLog audit;
    PollLoop indexing, picture_deletion;
    store::KnownWords known_words;
    CountedCities cities;
    pictures::Renderer* renderer;                    // of uploads; null: there are none
    std::unique_ptr<pictures::Store> picture_store;  // null: there is nowhere to keep them
};

}  // namespace stagedoor::tickets
