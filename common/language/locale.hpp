// Numbers, money and times as each language writes them. The rules are ICU's (CLDR); they are read once, so
// that formatting takes no lock and about as long as putting a string together. English is as it always was
// here: "Sat 2 May 2026, 19:30", "$1,250.00".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/language/language.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::language {

[[nodiscard]] std::string number(std::int64_t number, Language language = Language::en);  // "1,250", "1.250"

// Exact: from the money's own decimal text. "$1,250.00", "1.250,00 $".
[[nodiscard]] std::string price(Money money, Language language = Language::en);

// Without decimals, for a round amount in the major unit: "$30", "30 $".
[[nodiscard]] std::string whole_price(std::int64_t amount, Currency currency,
                                      Language language = Language::en);

// The currency of the country that a time zone (an IANA name) belongs to. USD if it belongs to none, as UTC
// does, or if that currency isn't supported.
[[nodiscard]] Currency currency_at(std::string_view zone);

// The parts of a date that a ticket's stub shows separately.
struct Day {
    std::string weekday, day, month;  // "Sat", "2", "May"
};

// In the time zone of the event (an IANA name); an unknown one counts as UTC.
[[nodiscard]] Day day_of(Instant instant, std::string_view zone, Language language = Language::en);
// "Sat 2 May 2026, 19:30", "Sa., 2. Mai 2026, 19:30"
[[nodiscard]] std::string day_and_time(Instant instant, std::string_view zone,
                                       Language language = Language::en);
// "2 May 2026", "2. Mai 2026"
[[nodiscard]] std::string date_only(Instant instant, std::string_view zone, Language language = Language::en);
// "19:30": all of our languages count 24 hours.
[[nodiscard]] std::string clock_time(Instant instant, std::string_view zone);
// "CEST", "MESZ": what the zone's time is called on that day.
[[nodiscard]] std::string zone_note(Instant instant, std::string_view zone, Language language = Language::en);

}  // namespace stagedoor::language
