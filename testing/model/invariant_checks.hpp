// CONTRACT.md's invariants, held against a running marketplace: in the services' databases, and through the
// API.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "testing/databases/databases.hpp"
#include "testing/model/expected_state.hpp"
#include "testing/model/invariants.hpp"
#include "testing/processes/marketplace.hpp"

namespace stagedoor::testing {

// What the API shows otherwise than the owner's rows say.
[[nodiscard]] std::vector<std::string> shown_wrong(Databases& databases, const std::string& base_url);

// Waits until all copies agree, then fails the test for each invariant that is broken and each answer that is
// not kept.
void expect_sound_books(Databases& databases, const std::string& base_url, Answers* answers = nullptr,
                        Where where = Where::current());
// The same, and that the log tells of no error.
void expect_sound_books(Marketplace& marketplace, Answers* answers = nullptr, Where where = Where::current());

// Looks at broken_now() again and again while a test goes on, and fails it for what it finds.
class BooksWatch {
  public:
    explicit BooksWatch(std::unique_ptr<Databases> databases);
    ~BooksWatch();

  private:
    std::unique_ptr<Databases> databases_;
    std::jthread thread_;
};

}  // namespace stagedoor::testing
