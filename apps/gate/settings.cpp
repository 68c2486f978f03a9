#include "apps/gate/settings.hpp"

namespace stagedoor::gate {

ShopLink parse_link(const std::string& link) {
    constexpr std::string_view path = "/door#";
    auto at = link.find(path);
    auto is_url = link.starts_with("https://") || link.starts_with("http://");
    if (!is_url || at == std::string::npos || !settings::has_host(link.substr(0, at))) return {};
    return {link.substr(0, at), link.substr(at + path.size())};
}

void check_settings(const Settings& settings, const ProgramSettings&, std::vector<std::string>& problems) {
    if (settings.event.empty())
        problems.emplace_back("--event is missing: the id in the address of the listing's page");
    if (settings.link.empty())
        problems.emplace_back(
            "GATE_LINK is missing: the link of a door with the role supervisor, which the seller makes for "
            "this gate");
    else if (parse_link(settings.link).token.empty())
        problems.emplace_back("GATE_LINK must look like https://tickets.example/door#TOKEN");
}

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--event", "STAGEDOOR_GATE_EVENT", "the listing whose tickets are checked here: its id",
             settings::any_text(&Settings::event)},
            {"--release", "STAGEDOOR_GATE_RELEASE",
             "on: uploads everything, releases the event, so that the shop decides again, and admits nobody",
             settings::on_or_off(&Settings::release)},
            {"", "GATE_LINK",
             "the link of a door with the role supervisor, which the seller makes for this gate",
             settings::secret_text(&Settings::link), Kind::secret},
            {"",
             "GATE_SECRET",
             "derives the tokens of this gate's doors; generated in its data folder if it is not set",
             settings::secret_text(&Settings::secret),
             Kind::secret,
             {},
             "gate.secret"},
        },
        check_settings};
}

}  // namespace stagedoor::gate
