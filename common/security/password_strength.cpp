#include <zxcvbn.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "common/security/password.hpp"

namespace stagedoor::security {
namespace {

// zxcvbn's scores 0 and 1: guessed within an hour or so by somebody whom only rate limits slow down.
constexpr double min_guesses = 1e6;
// Takes 1 ms at most. What follows can only make a password stronger.
constexpr std::size_t max_estimated = 64;

}  // namespace

bool is_easy_to_guess(std::string_view password, const std::vector<std::string>& context) {
    std::string start{password.substr(0, max_estimated)};
    std::vector<const char*> words;
    for (const auto& word : context) words.push_back(word.c_str());
    words.push_back(nullptr);
    auto bits = ZxcvbnMatch(start.c_str(), words.data(), nullptr);
    return bits < std::log2(min_guesses);
}

}  // namespace stagedoor::security
