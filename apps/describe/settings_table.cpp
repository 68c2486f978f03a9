#include "apps/describe/settings_table.hpp"

#include <algorithm>
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
    const Options own_program{
        Deployment::own_program, owners, {"auth", "tickets", "orders", "payments", "admissions"}};
    const Options node{Deployment::node, owners, {}};
    auto all = one_process.all();
    for (const auto* options : {&own_program, &node}) {
        for (const auto& option : options->all()) {
            if (std::ranges::find(all, option.variable, &Option::variable) == all.end())
                all.push_back(option);
        }
    }
    return all;
}

// The programs that have it, unless all do.
std::string programs_with(const Option& option) {
    if (option.deployments.empty()) return "";
    if (!option.is_for(Deployment::node)) return "separate programs only: ";
    return option.is_for(Deployment::own_program) ? "separate programs and nodes only: " : "nodes only: ";
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string row(const Option& option) {
    auto fallback = option.generated.empty() ? option.fallback : "generated";
    std::string line = "|";
    for (const auto& cell : {code(option.flag), code(option.variable), fallback, option.limits,
                             programs_with(option) + option.help})
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
