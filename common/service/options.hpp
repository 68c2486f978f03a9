// Reads settings from the command line and the environment.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/service/settings.hpp"

namespace CLI {
class App;
}

namespace stagedoor {

// The settings of a program: its own and those of the services it contains.
class Options {
  public:
    struct Owner {
        std::string name;  // of the service; empty: the program's own
        settings::Group group;
    };

    Options(Deployment deployment, std::vector<Owner> services, const std::vector<std::string>& calls);
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;

    // All settings, or only those that say where the program listens and with which certificate.
    enum class Scope { everything, where_it_listens };
    // Adds a flag for each setting to the command.
    void add_to(CLI::App& command, Scope scope = Scope::everything);
    // Flags take precedence over the environment, which takes precedence over the default. The error lists
    // everything that is wrong or missing, one line each. `required`: variables that must be set, by flag or
    // environment; of a node also the secrets that one process generates, since all nodes share them. A flag
    // --demo of the command sets ProgramSettings::demo.
    [[nodiscard]] std::expected<Settings, std::vector<std::string>> read(
        const CLI::App& command, const std::vector<std::string>& required = {},
        Scope scope = Scope::everything) const;

    // Changes defaults to values that suit `serve --demo`.
    void adapt_to_demo(Settings& settings) const;
    // Sets the secrets that are not set and that a one-process program generates. `generate` returns the
    // secret stored in a file of the data folder.
    void generate_secrets(Settings& settings,
                          const std::function<std::string(const std::string& file)>& generate) const;

    // Every setting once, even if several services have it.
    [[nodiscard]] std::vector<settings::Option> all() const;

  private:
    // One variable, and where its value goes.
    struct Target {
        const Owner* owner;
        std::size_t index;
    };
    struct Known {
        settings::Option option;
        std::vector<Target> targets;
    };
    [[nodiscard]] static std::any& values_of(Settings& settings, std::any& program, const Owner& owner);
    [[nodiscard]] static bool is_in(const settings::Option& option, Scope scope);
    [[nodiscard]] std::string set(const Known& known, Settings& settings, std::any& program,
                                  const std::string& text) const;

    Deployment deployment_;
    std::vector<Owner> owners_;
    std::vector<Known> known_;
    std::map<std::string, std::string> given_;  // by flag, as typed
};

}  // namespace stagedoor
