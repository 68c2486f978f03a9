#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/security/password.hpp"

namespace stagedoor::security {
namespace {

constexpr char list[] = {
#embed STAGEDOOR_COMMON_PASSWORDS
};

std::string to_lower(std::string_view text) {
    std::string lower{text};
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

// Sorted. Passwords below 8 characters are left out, since they are rejected anyway.
std::vector<std::string> passwords_of_list() {
    std::vector<std::string> passwords;
    for (std::string_view rest{list, sizeof list}; !rest.empty();) {
        auto end = std::min(rest.find('\n'), rest.size());
        auto line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.size() >= 8 && !line.starts_with("#!comment")) passwords.push_back(to_lower(line));
    }
    std::ranges::sort(passwords);
    return passwords;
}

}  // namespace

bool is_common_password(std::string_view password) {
    static const auto passwords = passwords_of_list();
    return std::ranges::binary_search(passwords, to_lower(password));
}

}  // namespace stagedoor::security
