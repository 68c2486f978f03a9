// The operator's own list of passwords that nobody may choose, such as those of known leaks.
#pragma once

#include <string>
#include <unordered_set>

#include "services/auth/account.hpp"

namespace stagedoor::auth {

class ForbiddenPasswords {
  public:
    // One password per line, compared without regard to ASCII case; empty: no list. Throws std::runtime_error
    // with a message for the operator if the file can't be read.
    explicit ForbiddenPasswords(const std::string& file);

    // Throws Invalid for a password on the list.
    void require_absent(const NewPassword& password, const std::string& field) const;

  private:
    std::unordered_set<std::string> lowercase_;
};

// What is wrong with the file; empty: nothing.
[[nodiscard]] std::string forbidden_passwords_problem(std::string& file);

}  // namespace stagedoor::auth
