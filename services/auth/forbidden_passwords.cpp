#include "services/auth/forbidden_passwords.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "common/errors.hpp"
#include "common/text/ascii.hpp"
#include "services/auth/settings.hpp"

namespace stagedoor::auth {

ForbiddenPasswords::ForbiddenPasswords(const std::string& file) {
    if (file.empty()) return;
    std::ifstream lines{file};
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) lowercase_.insert(text::to_lower(line));
    }
    if (!lines.eof()) throw std::runtime_error("can't read " + file + ", the list of forbidden passwords");
}

std::string forbidden_passwords_problem(std::string& file) {
    return std::ifstream{file} ? "" : "must be a file that can be read, with a password per line";
}

void ForbiddenPasswords::require_absent(const NewPassword& password, const std::string& field) const {
    if (lowercase_.contains(text::to_lower(password.text)))
        throw Invalid("This password is on a list of known passwords. Choose another one"_text, field);
}

}  // namespace stagedoor::auth
