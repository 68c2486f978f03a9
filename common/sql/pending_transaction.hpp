// A transaction that waits for a database thread, and how its caller waits for the answer; alike on every
// driver.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/task.hpp"
#include "common/sql/bounded_queue.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::sql {

struct PendingTransaction {
    std::function<void(Tx&)> work;
    std::string traceparent;
    Instant asked;
    std::move_only_function<void(std::exception_ptr)> answer;

    std::exception_ptr verdict = nullptr;             // null: done
    std::vector<std::function<void()>> actions = {};  // of Tx::after_commit
};

// Puts it in a queue, or says why not.
using Offer = std::function<std::exception_ptr(PendingTransaction&)>;

// What a caller is told whose transaction was not taken on; null when it was.
[[nodiscard]] std::exception_ptr refusal_of(Push pushed);

// Offers `waiting`, whose `answer` is made here, and goes on with its verdict on the caller's executor.
[[nodiscard]] Task<> until_answered(PendingTransaction waiting, Offer offer);

// Does what `done` put off until its commit, then answers it. `database` is for the log.
void settle(PendingTransaction& done, std::string_view database);

}  // namespace stagedoor::sql
