// Formats numbers and money for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contracts/money.hpp"

namespace stagedoor::templates {

[[nodiscard]] std::string grouped(std::int64_t number);                       // "1,250"
[[nodiscard]] std::string price(Money money);                                 // "$1,250.00"
[[nodiscard]] std::string counted(std::int64_t count, std::string_view one);  // "1 ticket", "2 tickets"

}  // namespace stagedoor::templates
