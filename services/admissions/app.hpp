// What the routes and handlers of admissions share.
#pragma once

#include <map>
#include <mutex>

#include "common/messaging/read_your_writes.hpp"
#include "common/security/audit_log.hpp"
#include "common/security/rate_limit.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/admissions/key_ring.hpp"
#include "services/admissions/settings.hpp"
#include "services/admissions/store/doors.hpp"
#include "services/admissions/store/listings.hpp"
#include "services/admissions/tokens.hpp"
#include "services/admissions/wallet/apple.hpp"
#include "services/admissions/wallet/google.hpp"

namespace stagedoor::admissions {

// What never changes about a scanner.
struct ScannerFacts {
    TicketId ticket;
    DoorId door;
};

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          bus(deps.bus),
          clock(deps.clock),
          random(deps.random),
          read_your_writes(deps.read_your_writes),
          rate_limits(deps.settings.rate_limits),
          cell_of_new_ids(static_cast<int>(deps.settings.cell)),
          origin(deps.settings.origin()),
          tokens(deps.own<Settings>().secret, deps.own<Settings>().secret_previous),
          keys(deps.own<Settings>().secret, deps.own<Settings>().secret_previous),
          sealing(deps.clock,
                  {.name = "admissions: keys of listings", .max_interval = std::chrono::minutes{10}}),
          old_scans(deps.clock, {.name = "admissions: old scans", .max_interval = std::chrono::hours{1}}),
          apple_wallet(make_apple_wallet(deps.own<Settings>())),
          google_wallet(make_google_wallet(deps.own<Settings>(), origin)),
          audit(deps.clock, deps.random, deps.metrics),
          passes_issued(
              deps.metrics.counter("stagedoor_passes_issued_total", "Passes issued for paid orders")),
          passes_transferred(
              deps.metrics.counter("stagedoor_passes_transferred_total", "Passes claimed by another holder")),
          admitted(deps.metrics.counter("stagedoor_admissions_total",
                                        "Admissions, by the server or uploaded by scanners")),
          refused(deps.metrics.counter("stagedoor_scans_refused_total", "Scans that the server refused")),
          duplicates(deps.metrics.counter("stagedoor_duplicate_admissions_total",
                                          "Admissions by lenient doors that should not have been")) {}

    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    bool rate_limits;
    int cell_of_new_ids;
    std::string origin;
    Tokens tokens;
    KeyRing keys;
    PollLoop sealing, old_scans;
    const std::unique_ptr<const wallet::Apple> apple_wallet;    // null: not configured
    const std::unique_ptr<const wallet::Google> google_wallet;  // null: not configured
    security::AuditLog audit;
    runtime::Counter passes_issued, passes_transferred, admitted, refused, duplicates;

    // The names of those that are configured, if any.
    [[nodiscard]] std::optional<std::vector<std::string>> wallets() const;
    // A new id, to be drawn before a transaction.
    [[nodiscard]] std::string new_id() { return runtime::new_uuid(random, clock.now(), cell_of_new_ids); }
    // In the transaction of the act.
    [[nodiscard]] security::AuditEntry audit_entry(const std::string& actor, std::string action,
                                                   const std::string& subject) const {
        return audit.entry(actor, std::move(action), subject);
    }

    // The scanner that has sent this token. Throws NotSignedIn.
    [[nodiscard]] Task<ScannerId> scanner_of(std::string token, ScannerFacts& facts);
    // As of at most a second ago: scanners ask every few seconds, and each count reads all passes.
    [[nodiscard]] Task<store::Counts> recent_counts(TicketId ticket);

  private:
    static constexpr std::size_t max_cached = 10'000;
    struct RecentCounts {
        Instant at;
        store::Counts counts;
    };

    std::mutex mutex_;
    std::map<ScannerId, ScannerFacts> scanners_;
    std::map<TicketId, RecentCounts> counts_;
};

}  // namespace stagedoor::admissions
