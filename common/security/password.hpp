// Password hashing: Argon2id by libsodium, 19 MiB, 2 passes, 1 lane (OWASP's minimum), on a bounded pool of
// threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/task.hpp"

namespace stagedoor::security {

class Passwords {
  public:
    virtual ~Passwords() = default;
    // Both throw Unavailable if too many calls are waiting already, and after close().
    [[nodiscard]] virtual Task<std::string> hash(std::string password) = 0;
    // With an empty `hash` (no such user) it takes the same time and returns false.
    [[nodiscard]] virtual Task<bool> matches(std::string password, std::string hash) = 0;

    // Ends the threads and drops waiting calls: their coroutines are unwound on their own executors, which
    // must still exist. Blocks for as long as a hash takes.
    virtual void close() = 0;
};

// `threads` calls run concurrently; `queue_limit` may wait.
[[nodiscard]] std::unique_ptr<Passwords> make_passwords(int threads = 1, std::size_t queue_limit = 64);

// Whether a hash was made with other parameters than ours are now, and should be replaced at the next
// sign-in.
[[nodiscard]] bool is_outdated(const std::string& hash);

// Whether fewer than a million guesses find the password, as zxcvbn estimates it (USENIX Security 2016): from
// lists of passwords, words and names, with the usual substitutions, keyboard walks, repeats, sequences,
// dates and years, and from the words of `context`, which an attacker knows.
[[nodiscard]] bool is_easy_to_guess(std::string_view password, const std::vector<std::string>& context);

}  // namespace stagedoor::security
