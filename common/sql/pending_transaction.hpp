// A transaction queued for a database thread, and how its caller waits for the result. Shared by all drivers.
#pragma once

#include <chrono>
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
    Instant requested_at;
    std::move_only_function<void(std::exception_ptr)> on_complete;  // resumes the caller with `error`

    std::chrono::steady_clock::time_point accepted_at = std::chrono::steady_clock::now();
    std::exception_ptr error = nullptr;               // null: it succeeded
    std::vector<std::function<void()>> actions = {};  // registered with Tx::after_commit
};

// Moves the transaction into a queue and returns null, or leaves it and returns the error for the caller.
using Enqueue = std::function<std::exception_ptr(PendingTransaction&)>;

// The error for a caller whose transaction was not accepted; null if it was.
[[nodiscard]] std::exception_ptr rejection_of(PushResult result);

// Enqueues `transaction`, with `on_complete` set, and waits until a database thread has completed it. Resumes
// on the caller's executor and throws the transaction's error, if it has one.
[[nodiscard]] Task<> enqueue_and_wait(PendingTransaction transaction, Enqueue enqueue);

// Runs the after-commit actions, if the transaction succeeded, then resumes its caller. `database` is for the
// log.
void complete(PendingTransaction& transaction, std::string_view database);

}  // namespace stagedoor::sql
