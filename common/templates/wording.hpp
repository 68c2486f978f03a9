// Numbers and money for people.
#pragma once

#include <string>
#include <string_view>

#include "common/language/locale.hpp"

namespace stagedoor::templates {

using language::price;

[[nodiscard]] inline std::string grouped(std::int64_t number, Language language = Language::en) {
    return language::number(number, language);
}

[[nodiscard]] std::string counted(std::int64_t count, std::string_view one);  // "1 ticket", "2 tickets"

}  // namespace stagedoor::templates
