#include "common/service/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace stagedoor {
namespace {

using settings::Option;

// The first line of a secret's file. `named`: how the problem names the file.
std::optional<std::string> from_file(const std::string& path, const std::string& named,
                                     std::vector<std::string>& problems) {
    std::ifstream file{path};
    std::string text;
    if (std::getline(file, text)) return text;
    problems.push_back(named + path + ": the file can't be read or is empty");
    return std::nullopt;
}

// The file by which systemd passes a secret to this program alone: LoadCredential=VARIABLE:FILE, or
// LoadCredential=secret:FOLDER for all files of a folder.
std::optional<std::string> credential_of(const Option& option) {
    const auto* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (!folder) return std::nullopt;
    for (const auto* prefix : {"", "secret_"}) {
        auto path = std::string{folder} + "/" + prefix + option.variable;
        std::error_code error;
        if (std::filesystem::exists(path, error)) return path;
    }
    return std::nullopt;
}

// The environment's value; for a secret first its credential, then the content of VARIABLE_FILE.
std::optional<std::string> from_environment(const Option& option, std::vector<std::string>& problems) {
    if (option.is_secret()) {
        if (auto path = credential_of(option)) return from_file(*path, option.variable + ": ", problems);
        auto file_variable = option.variable + "_FILE";
        if (const auto* path = std::getenv(file_variable.c_str()))
            return from_file(path, file_variable + "=", problems);
    }
    if (const auto* value = std::getenv(option.variable.c_str())) return std::string{value};
    return std::nullopt;
}

}  // namespace

Options::Options(Deployment deployment, std::vector<Owner> services, const std::vector<std::string>& calls)
    : deployment_(deployment), owners_(std::move(services)) {
    std::vector<std::string> names;
    for (const auto& owner : owners_) names.push_back(owner.name);
    owners_.insert(owners_.begin(), Owner{"", settings::program_settings(deployment, names, calls)});
    for (const auto& owner : owners_) {
        const auto& options = owner.group.options();
        for (std::size_t i = 0; i < options.size(); ++i) {
            if (!options[i].is_for(deployment)) continue;
            auto same = std::ranges::find(known_, options[i].variable,
                                          [](const Known& known) { return known.option.variable; });
            if (same == known_.end()) same = known_.insert(known_.end(), Known{options[i], {}});
            same->targets.push_back({&owner, i});
        }
    }
}

bool Options::is_in(const Option& option, Scope scope) {
    return scope == Scope::everything || option.flag == "--address" || option.flag == "--port" ||
           option.flag == "--tls-certificate" || option.flag == "--tls-key";
}

void Options::add_to(CLI::App& command, Scope scope) {
    std::string secrets =
        "Secrets, by environment only (or NAME_FILE with a file's path, or a credential of systemd):\n";
    for (const auto& [option, targets] : known_) {
        if (!is_in(option, scope)) continue;
        if (option.is_secret()) {
            secrets += "  " + option.variable + "  " + option.help + "\n";
            continue;
        }
        auto help = option.help + " [" + option.variable + "]";
        if (!option.fallback.empty()) help += " (default " + option.fallback + ")";
        command.add_option(option.flag, given_[option.flag], help);
    }
    if (scope == Scope::everything) command.footer(secrets);
}

std::any& Options::values_of(Settings& settings, std::any& program, const Owner& owner) {
    return owner.name.empty() ? program : settings.services.at(owner.name);
}

std::string Options::set(const Known& known, Settings& settings, std::any& program,
                         const std::string& text) const {
    std::string wrong;  // according to the first owner that objects
    for (const auto& [owner, index] : known.targets) {
        auto problem = owner->group.set(values_of(settings, program, *owner), index, text);
        if (wrong.empty()) wrong = std::move(problem);
    }
    return wrong;
}

std::expected<Settings, std::vector<std::string>> Options::read(const CLI::App& command,
                                                                const std::vector<std::string>& required,
                                                                Scope scope) const {
    Settings settings;
    std::any program = ProgramSettings{};
    for (const auto& owner : owners_) {
        if (!owner.name.empty()) settings.services[owner.name] = owner.group.defaults();
    }
    std::vector<std::string> problems;
    for (const auto& known : known_) {
        const auto& option = known.option;
        if (!is_in(option, scope)) continue;
        auto is_flag = !option.is_secret() && command.count(option.flag) > 0;
        auto text = is_flag ? std::optional{given_.at(option.flag)} : from_environment(option, problems);
        if (!text || (text->empty() && option.fallback.empty())) {
            auto is_shared = deployment_ == Deployment::node && !option.generated.empty();
            if (is_shared || std::ranges::find(required, option.variable) != required.end())
                problems.push_back(option.variable + " is missing: " + option.help);
            continue;
        }
        auto wrong = set(known, settings, program, *text);
        if (wrong.empty()) {
            settings.given.push_back({option.variable, option.is_secret() ? "set" : *text});
            continue;
        }
        const auto& name = is_flag ? option.flag : option.variable;
        problems.push_back(option.is_secret() ? name + " " + wrong : name + "=" + *text + ": " + wrong);
    }
    settings.program = std::any_cast<ProgramSettings>(program);
    for (const auto& owner : owners_)
        owner.group.inform(values_of(settings, program, owner), settings.program);
    const auto* demo = command.get_option_no_throw("--demo");
    settings.program.demo = demo && demo->count() > 0;
    if (scope == Scope::everything) {
        for (const auto& owner : owners_)
            owner.group.check(values_of(settings, program, owner), settings.program, problems);
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return settings;
}

void Options::adapt_to_demo(Settings& settings) const {
    for (const auto& owner : owners_) {
        if (!owner.name.empty())
            owner.group.adapt_to_demo(settings.services.at(owner.name), settings.program);
    }
}

void Options::generate_secrets(Settings& settings,
                               const std::function<std::string(const std::string& file)>& generate) const {
    std::any none;
    for (const auto& known : known_) {
        if (known.option.generated.empty()) continue;
        const auto& [owner, index] = known.targets.front();
        if (owner->group.text(settings.services.at(owner->name), index).empty())
            (void)set(known, settings, none, generate(known.option.generated));
    }
}

std::vector<Option> Options::all() const {
    std::vector<Option> options;
    for (const auto& known : known_) options.push_back(known.option);
    return options;
}

}  // namespace stagedoor
