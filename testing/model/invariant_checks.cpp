#include "testing/model/invariant_checks.hpp"

#include <gtest/gtest.h>

#include "testing/model/row_checks.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

// A copy that was killed leaves its charges leased for half a minute; then their outcome is asked for.
constexpr auto convergence = 60s;

void fail(const Where& where, const std::string& what, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << what << ":" << joined(lines);
}

}  // namespace

std::vector<std::string> shown_wrong(Databases& databases, const std::string& base_url) {
    constexpr std::size_t most = 200;  // newest first: what the last test did
    std::vector<std::string> found;
    Visitor nobody{base_url};
    auto rows = databases.query("tickets",
                                "SELECT id, CASE WHEN status = 'open' THEN capacity - held - sold ELSE 0 "
                                "END, version, title, status FROM tickets ORDER BY id DESC");
    for (std::size_t i = 0; i < rows.size() && i < most; ++i) {
        auto& row = rows[i];
        auto reply = nobody.get("/api/tickets/" + row[0].value());
        auto right = reply.status == 200 && reply.at("available") == row[1] &&
                     reply.at("version") == row[2] && reply.at("title") == row[3] &&
                     reply.at("status") == row[4];
        if (!right) found.push_back("is " + text(row) + ", shown as " + reply.body);
    }
    return found;
}

void expect_sound_books(Databases& databases, const std::string& base_url, Answers* answers, Where where) {
    std::vector<std::string> late;
    auto converged = comes_true(
        [&] {
            late = not_yet_equal(databases, now_ms());
            return late.empty();
        },
        convergence, 10ms);
    if (!converged) fail(where, "copies did not converge within 60 s", late);
    fail(where, "an invariant is broken", broken_now(databases));
    std::vector<std::string> otherwise;  // a hold may run out between the two looks: then once more
    auto shown = comes_true(
        [&] {
            otherwise = shown_wrong(databases, base_url);
            return otherwise.empty();
        },
        10s, 10ms);
    if (!shown) fail(where, "the API shows something else", otherwise);
    if (!answers) return;
    fail(where, "an answer was not kept, by the databases", answers->missing_in(databases));
    fail(where, "an answer was not kept, by the API", answers->missing_at(base_url, true));
}

void expect_sound_books(Marketplace& marketplace, Answers* answers, Where where) {
    auto databases = marketplace.databases();
    expect_sound_books(*databases, marketplace.base_url(), answers, where);
    fail(where, "the log tells of errors", marketplace.logged_errors());
}

BooksWatch::BooksWatch(std::unique_ptr<Databases> databases)
    : databases_(std::move(databases)), thread_([this](const std::stop_token& stopping) {
          while (!stopping.stop_requested()) {
              auto broken = broken_now(*databases_);
              if (!broken.empty()) {
                  ADD_FAILURE() << "an invariant is broken under load:" << joined(broken);
                  return;
              }
              std::this_thread::sleep_for(50ms);
          }
      }) {}

BooksWatch::~BooksWatch() = default;

}  // namespace stagedoor::testing
