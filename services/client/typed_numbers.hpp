// Numbers as people type them into forms.
#pragma once

#include <string_view>

#include "common/errors.hpp"
#include "common/json/value.hpp"
#include "contracts/money.hpp"

namespace stagedoor::client {

// The input as the API takes it: a number if it reads like one in that currency ("1,250.00", "1.250,00",
// "19,90"), else the text itself, so that the API reports the error. One separator before exactly three
// digits means thousands, since prices are not typed with three decimals. In a currency that has three, a
// point is the decimal point, and a comma could mean either: that is no number.
[[nodiscard]] json::Value as_price(std::string_view input, Currency currency);

// The same for a whole number, such as a quantity.
[[nodiscard]] json::Value as_count(std::string_view input);

// Explains an input that is not a price with an example instead of the API's message about JSON.
void explain_price(Problems& problems, std::string_view field, std::string_view input, Currency currency);

}  // namespace stagedoor::client
