// Encrypts small secrets that are stored in a database (XChaCha20-Poly1305), under a secret of the program
// that is not in the database.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/runtime/random.hpp"

namespace stagedoor::security {

// Returns base64url text. `name` identifies the secret, so that one sealed text can't be replaced by another.
// Takes some 30 ms, like unseal(): the key is derived with Argon2id, so that a weak secret is slow to guess.
[[nodiscard]] std::string seal(std::string_view plain, std::string_view name, const std::string& secret,
                               runtime::Random& random);

// nullopt if it was sealed under another secret or name, or altered.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view name,
                                                const std::string& secret);

// The same for many secrets, under one key for each purpose: it is derived at the first use, in some 30 ms.
class Sealer {
  public:
    Sealer(std::string sealing_secret, std::string purpose)
        : secret_(std::move(sealing_secret)), purpose_(std::move(purpose)) {}
    ~Sealer();
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    [[nodiscard]] std::string seal(std::string_view plain, std::string_view name, runtime::Random& random);
    // nullopt if it was sealed under another secret, purpose or name, or altered.
    [[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view name);

  private:
    using DerivedKey = std::array<unsigned char, 32>;
    [[nodiscard]] const DerivedKey& key();

    const std::string secret_, purpose_;
    std::once_flag derived_;
    DerivedKey key_{};
};

}  // namespace stagedoor::security
