// The tokens of doors, scanners and transfers, ID.MAC: each is derived from its id under ADMISSIONS_SECRET,
// so that none is ever stored. Those that were made under the secret before it are accepted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::admissions {

enum class TokenKind { door, scanner, transfer };

class Tokens {
  public:
    // `previous_secret` is empty if there is none.
    explicit Tokens(std::string secret, std::string previous_secret = {})
        : secret_(std::move(secret)), previous_secret_(std::move(previous_secret)) {}

    [[nodiscard]] std::string make(TokenKind kind, const std::string& id) const;
    // The id; nullopt unless make() has made the token.
    [[nodiscard]] std::optional<std::string> id_of(TokenKind kind, std::string_view text) const;

  private:
    const std::string secret_, previous_secret_;
};

}  // namespace stagedoor::admissions
