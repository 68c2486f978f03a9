// Finds ids in lines of text.
#pragma once

#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace stagedoor::simulation {

// The UUIDs among their words.
[[nodiscard]] inline std::set<std::string> ids_in(const std::vector<std::string>& lines) {
    constexpr std::size_t size = 36;
    std::set<std::string> ids;
    for (const auto& line : lines) {
        std::istringstream words{line};
        for (std::string word; words >> word;) {
            while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.back()))) word.pop_back();
            if (word.size() == size && word[8] == '-' && word[13] == '-') ids.insert(word);
        }
    }
    return ids;
}

}  // namespace stagedoor::simulation
