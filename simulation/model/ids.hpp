// The ids that a line of text names.
#pragma once

#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace stagedoor::simulation {

// UUIDs among the words of these lines.
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
