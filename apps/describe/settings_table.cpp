#include "apps/describe/settings_table.hpp"

#include <stdexcept>
#include <string_view>
#include <vector>

#include "common/service/options.hpp"
#include "services/all_services.hpp"

namespace stagedoor::describe {
namespace {

using settings::Option;

constexpr std::string_view begin_marker = "<!-- settings: begin -->\n";
constexpr std::string_view end_marker = "<!-- settings: end -->";

std::vector<Option> all_options() {
    std::vector<Options::Owner> owners;
    for (const auto& service : all_services()) owners.push_back({service.name, service.settings});
    const Options one_process{Deployment::one_process, owners, {}};
    const Options own_program{Deployment::own_program, owners, {"auth", "tickets", "orders", "payments"}};
    auto all = one_process.all();
    for (const auto& option : own_program.all()) {
        if (option.only == Deployment::own_program) all.push_back(option);
    }
    return all;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string row(const Option& option) {
    auto fallback = option.generated.empty() ? option.fallback : "generated";
    auto meaning =
        option.only == Deployment::own_program ? "separate programs only: " + option.help : option.help;
    std::string line = "|";
    for (const auto& cell : {code(option.flag), code(option.variable), fallback, option.limits, meaning})
        line += cell.empty() ? " |" : " " + cell + " |";
    return line + "\n";
}

}  // namespace

std::string settings_table() {
    std::string flags, secrets;
    for (const auto& option : all_options()) (option.is_secret() ? secrets : flags) += row(option);
    return "| Flag | Environment | Default | Limits | Meaning |\n|---|---|---|---|---|\n" + flags + secrets;
}

std::string with_settings_table(const std::string& page) {
    auto begin = page.find(begin_marker), end = page.find(end_marker);
    if (begin == std::string::npos || end == std::string::npos)
        throw std::runtime_error("the page has no markers for the table of settings");
    return page.substr(0, begin + begin_marker.size()) + settings_table() + page.substr(end);
}

}  // namespace stagedoor::describe
