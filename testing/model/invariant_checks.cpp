#include "testing/model/invariant_checks.hpp"

#include <gtest/gtest.h>

#include "testing/model/row_checks.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

// A killed replica leaves its charges leased for half a minute; only then is the provider asked for their
// outcome.
constexpr auto convergence_timeout = 60s;

void fail(const Where& where, const std::string& what, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << what << ":" << to_text(lines);
}

}  // namespace

std::vector<std::string> api_mismatches(Databases& databases, const std::string& base_url) {
    constexpr std::size_t max_tickets = 200;  // newest first: what the last test did
    std::vector<std::string> found;
    Client anonymous{base_url};
    auto rows = databases.query("tickets",
                                "SELECT id, CASE WHEN status = 'open' THEN capacity - held - sold ELSE 0 "
                                "END, version, title, status FROM tickets ORDER BY id DESC");
    for (std::size_t i = 0; i < rows.size() && i < max_tickets; ++i) {
        auto& row = rows[i];
        auto response = anonymous.get("/api/tickets/" + row[0].value());
        auto matches = response.status == 200 && response.at("available") == row[1] &&
                       response.at("version") == row[2] && response.at("title") == row[3] &&
                       response.at("status") == row[4];
        if (!matches) found.push_back("is " + text(row) + ", the API shows " + response.body);
    }
    return found;
}

void expect_invariants_hold(Databases& databases, const std::string& base_url, ExpectedState* expected,
                            Where where) {
    std::vector<std::string> behind;
    auto converged = becomes_true(
        [&] {
            behind = not_yet_converged(databases, now_ms());
            return behind.empty();
        },
        convergence_timeout, 10ms);
    if (!converged) fail(where, "projections did not converge within 60 s", behind);
    fail(where, "an invariant is broken", broken_invariants(databases));
    std::vector<std::string> mismatches;  // retried, since a hold may expire between the two reads
    auto agree = becomes_true(
        [&] {
            mismatches = api_mismatches(databases, base_url);
            return mismatches.empty();
        },
        10s, 10ms);
    if (!agree) fail(where, "the API differs from the database", mismatches);
    if (!expected) return;
    fail(where, "the databases differ from the expected state", expected->missing_in(databases));
    fail(where, "the API differs from the expected state", expected->missing_at(base_url, true));
}

void expect_invariants_hold(Marketplace& marketplace, ExpectedState* expected, Where where) {
    auto databases = marketplace.databases();
    expect_invariants_hold(*databases, marketplace.base_url(), expected, where);
    fail(where, "there are errors in the log", marketplace.logged_errors());
}

InvariantWatch::InvariantWatch(std::unique_ptr<Databases> databases)
    : databases_(std::move(databases)), thread_([this](const std::stop_token& stopping) {
          while (!stopping.stop_requested()) {
              auto broken = broken_invariants(*databases_);
              if (!broken.empty()) {
                  ADD_FAILURE() << "an invariant is broken under load:" << to_text(broken);
                  return;
              }
              std::this_thread::sleep_for(50ms);
          }
      }) {}

InvariantWatch::~InvariantWatch() = default;

}  // namespace stagedoor::testing
