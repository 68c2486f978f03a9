// Passwords: Argon2id by libsodium, 19 MiB, 2 passes, 1 lane (OWASP's minimum), on its own threads, bounded.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/runtime/task.hpp"

namespace stagedoor::security {

class Passwords {
  public:
    virtual ~Passwords() = default;
    // Both throw Unavailable when too many wait already, and after close().
    [[nodiscard]] virtual Task<std::string> hash(std::string password) = 0;
    // Against an empty `hash` (no such user) it takes the same time and says no.
    [[nodiscard]] virtual Task<bool> matches(std::string password, std::string hash) = 0;

    // Ends the threads, and drops who waits still: their coroutines are unwound on the executors that they
    // came from, so these must still exist. Blocks for as long as a hash takes.
    virtual void close() = 0;
};

// `threads` hash at once; `queue_limit` may wait.
[[nodiscard]] std::unique_ptr<Passwords> make_passwords(int threads = 1, std::size_t queue_limit = 64);

// Whether it is among the commonest (Openwall's list, compiled in), whatever its case.
[[nodiscard]] bool is_common_password(std::string_view password);

}  // namespace stagedoor::security
