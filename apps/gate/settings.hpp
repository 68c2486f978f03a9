// What can be set about the gate.
#pragma once

#include <string>

#include "common/service/settings.hpp"

namespace stagedoor::gate {

struct Settings {
    std::string event;     // the listing's id
    std::string link;      // of a supervisor's door, as the seller got it: https://shop/door#TOKEN
    bool release = false;  // the event to the shop, rather than admitting
    std::string secret;    // derives the tokens of the gate's own doors and scanners
};

// The server and the token of a door's link; both empty if it is none.
struct ShopLink {
    std::string origin, token;
};
[[nodiscard]] ShopLink parse_link(const std::string& link);

void check_settings(const Settings& settings, const ProgramSettings& program,
                    std::vector<std::string>& problems);
[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::gate
