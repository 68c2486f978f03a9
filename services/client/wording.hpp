// Numbers, states and errors as text.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/errors.hpp"
#include "common/templates/wording.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

using templates::counted;
using templates::grouped;
using templates::price;

// An API value and its text.
using Named = std::pair<std::string_view, std::string_view>;

[[nodiscard]] std::span<const Named> categories();
[[nodiscard]] std::vector<Option> currency_options(std::string_view chosen);

[[nodiscard]] std::string stock_text(std::int64_t available);         // "Only 3 left"
[[nodiscard]] std::string time_left(std::chrono::milliseconds left);  // "14 minutes"
[[nodiscard]] std::string category_name(std::string_view category);   // "Concert"; empty if unknown
[[nodiscard]] std::string order_status(std::string_view status);      // "Held", "Paid"
[[nodiscard]] std::string status_tone(std::string_view status);       // CSS class of the badge

// "currentPassword", "must not be empty" -> "Current password must not be empty".
[[nodiscard]] std::string sentence(const Problem& problem);
// The form label of an API field.
[[nodiscard]] std::string label_of(std::string_view field);

// From a User-Agent: "Firefox on Windows".
[[nodiscard]] std::string device(std::string_view user_agent);

}  // namespace stagedoor::client
