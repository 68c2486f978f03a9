#include "testing/service/settings_test.hpp"

#include <stdlib.h>

#include <algorithm>

namespace stagedoor::testing {

Environment::Environment(std::map<std::string, std::string> variables) : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
}

Environment::~Environment() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
}

SettingsTest::SettingsTest(std::vector<Options::Owner> services, std::vector<std::string> calls,
                           Deployment deployment)
    : options(deployment, services, calls), owners_(std::move(services)) {
    for (const auto& option : options.all()) {
        ::unsetenv(option.variable.c_str());
        ::unsetenv((option.variable + "_FILE").c_str());
    }
}

std::expected<Settings, std::vector<std::string>> SettingsTest::read(std::vector<std::string> flags) {
    CLI::App command{"serve"};
    options.add_to(command);
    std::ranges::reverse(flags);  // CLI11 takes them in reverse order
    command.parse(flags);
    return options.read(command);
}

Settings SettingsTest::valid(std::vector<std::string> flags) {
    auto settings = read(std::move(flags));
    EXPECT_TRUE(settings) << (settings ? "" : settings.error().front());
    return settings.value_or(Settings{});
}

std::vector<std::string> SettingsTest::problems(std::vector<std::string> flags) {
    auto settings = read(std::move(flags));
    EXPECT_FALSE(settings) << "no problem was found";
    return settings ? std::vector<std::string>{} : settings.error();
}

std::string SettingsTest::problem(std::vector<std::string> flags) {
    auto all = problems(std::move(flags));
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : all.front();
}

void SettingsTest::expect_shown_defaults_to_apply() {
    auto defaults = valid();
    for (const auto& option : options.all()) {
        if (option.flag.empty() || option.fallback.empty()) continue;
        auto given = valid({option.flag, option.fallback});
        for (const auto& owner : owners_) {
            const auto& values = given.services.at(owner.name);
            for (std::size_t i = 0; i < owner.group.options().size(); ++i) {
                EXPECT_EQ(owner.group.text(values, i), owner.group.text(defaults.services.at(owner.name), i))
                    << option.flag;
            }
        }
    }
}

}  // namespace stagedoor::testing
