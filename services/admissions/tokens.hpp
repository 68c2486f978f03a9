// The tokens of doors, scanners and transfers, ID.MAC: each is derived from its id under ADMISSIONS_SECRET,
// so that none is ever stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::admissions {

enum class TokenKind { door, scanner, transfer };

class Tokens {
  public:
    explicit Tokens(std::string secret) : secret_(std::move(secret)) {}

    [[nodiscard]] std::string make(TokenKind kind, const std::string& id) const;
    // The id; nullopt unless make() has made the token.
    [[nodiscard]] std::optional<std::string> id_of(TokenKind kind, std::string_view token) const;

  private:
    const std::string secret_;
};

}  // namespace stagedoor::admissions
