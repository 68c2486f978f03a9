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
#include "common/language/catalog.hpp"
#include "common/language/message.hpp"
#include "common/templates/wording.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

using templates::grouped;
using templates::price;

// An API value and the key of its text.
using Named = std::pair<std::string_view, std::string_view>;

// The API's values.
[[nodiscard]] std::span<const std::string_view> categories();
[[nodiscard]] std::vector<Option> currency_options(std::string_view chosen);

// Where visitors have no time zone of their own: "Sat 2 May 2026, 19:30 UTC".
[[nodiscard]] std::string in_utc(Instant instant, Language language);
[[nodiscard]] std::string stock_text(std::int64_t available, const language::Texts& text);  // "Only 3 left"
[[nodiscard]] std::string time_left(std::chrono::milliseconds left,
                                    const language::Texts& text);  // "14 minutes"
// "Concert"; empty if unknown.
[[nodiscard]] std::string category_name(std::string_view category, const language::Texts& text);
[[nodiscard]] std::string order_status(std::string_view status,
                                       const language::Texts& text);  // "Held", "Paid"
[[nodiscard]] std::string status_tone(std::string_view status);       // CSS class of the badge

// "currentPassword", "must not be empty" -> "Current password must not be empty".
[[nodiscard]] std::string sentence(const Problem& problem, Language language = Language::en);
// The form label of an API field.
[[nodiscard]] std::string label_of(std::string_view field, Language language = Language::en);

// From a User-Agent: "Firefox on Windows".
[[nodiscard]] std::string device(std::string_view user_agent, const language::Texts& text);

}  // namespace stagedoor::client
