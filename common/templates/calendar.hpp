// Formats times for people, in the time zone of the event (an IANA name such as Europe/Berlin).
#pragma once

#include "common/language/locale.hpp"

namespace stagedoor::templates {

using language::clock_time;
using language::date_only;
using language::Day;
using language::day_and_time;
using language::day_of;
using language::zone_note;

}  // namespace stagedoor::templates
