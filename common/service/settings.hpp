// Settings, described once by their owner: each one's names, parser, limits and help. A program reads those
// of the services it contains, from flags, else the environment, else the default; a service receives only
// its own.
#pragma once

#include <algorithm>
#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/service/program_settings.hpp"

namespace stagedoor {

namespace settings {

// How a field of the struct S is read from text and shown by --help.
template <class S>
struct Value {
    // Returns what is wrong with the text; empty: nothing.
    std::function<std::string(S&, const std::string& text)> set;
    std::function<std::string(const S&)> text;  // the default; empty: there is none
    std::string limits = {};                    // for the documentation: "1 to 1000"
};

// A secret has no flag, since others can see a command line. It may also come from a credential of systemd,
// or from the file that VARIABLE_FILE names.
enum class Kind { plain, secret };

template <class S>
struct Field {
    std::string flag;      // "--hold-seconds"; empty for a secret
    std::string variable;  // "STAGEDOOR_HOLD_SECONDS"
    std::string help;
    Value<S> value;
    Kind kind = Kind::plain;
    std::vector<Deployment> deployments = {};  // whose programs have it; empty: all
    // For a secret that a one-process program generates when it is not set: the file in the data folder.
    std::string generated = {};
};

// All settings of one owner.
template <class S>
struct Table {
    std::vector<Field<S>> fields;
    // What is wrong with several of them together, a line each.
    std::function<void(const S&, const ProgramSettings&, std::vector<std::string>& problems)> check = {};
    // Defaults that suit `serve --demo`.
    std::function<void(S&, const ProgramSettings&)> adapt_to_demo = {};
    // What they mean for other owners.
    std::function<void(const S&, ProgramSettings&)> inform = {};
};

// A Field without its struct S, for the command line and the documentation.
struct Option {
    std::string flag, variable, help, fallback, limits;
    Kind kind = Kind::plain;
    std::vector<Deployment> deployments;
    std::string generated;

    [[nodiscard]] bool is_secret() const { return kind == Kind::secret; }
    [[nodiscard]] bool is_for(Deployment deployment) const {
        return deployments.empty() || std::ranges::find(deployments, deployment) != deployments.end();
    }
};

// A Table<S> whose S is known to its owner alone. The value is a copy of S in a std::any.
class Group {
  public:
    Group() = default;
    template <class S>
    Group(Table<S> described) : defaults_(S{}) {  // NOLINT: a table is a group
        auto table = std::make_shared<Table<S>>(std::move(described));
        for (const auto& field : table->fields) {
            options_.push_back({field.flag, field.variable, field.help, field.value.text(S{}),
                                field.value.limits, field.kind, field.deployments, field.generated});
        }
        set_ = [table](std::any& values, std::size_t option, const std::string& text) {
            return table->fields.at(option).value.set(std::any_cast<S&>(values), text);
        };
        text_ = [table](const std::any& values, std::size_t option) {
            return table->fields.at(option).value.text(std::any_cast<const S&>(values));
        };
        check_ = [table](const std::any& values, const ProgramSettings& program,
                         std::vector<std::string>& problems) {
            if (table->check) table->check(std::any_cast<const S&>(values), program, problems);
        };
        inform_ = [table](const std::any& values, ProgramSettings& program) {
            if (table->inform) table->inform(std::any_cast<const S&>(values), program);
        };
        adapt_to_demo_ = [table](std::any& values, const ProgramSettings& program) {
            if (table->adapt_to_demo) table->adapt_to_demo(std::any_cast<S&>(values), program);
        };
    }

    [[nodiscard]] const std::vector<Option>& options() const { return options_; }
    [[nodiscard]] const std::any& defaults() const { return defaults_; }
    // What is wrong with the text; empty: nothing.
    [[nodiscard]] std::string set(std::any& values, std::size_t option, const std::string& text) const {
        return set_(values, option, text);
    }
    [[nodiscard]] std::string text(const std::any& values, std::size_t option) const {
        return text_(values, option);
    }
    void check(const std::any& values, const ProgramSettings& program,
               std::vector<std::string>& problems) const {
        if (check_) check_(values, program, problems);
    }
    void inform(const std::any& values, ProgramSettings& program) const {
        if (inform_) inform_(values, program);
    }
    void adapt_to_demo(std::any& values, const ProgramSettings& program) const {
        if (adapt_to_demo_) adapt_to_demo_(values, program);
    }

  private:
    std::vector<Option> options_;
    std::any defaults_;
    std::function<std::string(std::any&, std::size_t, const std::string&)> set_;
    std::function<std::string(const std::any&, std::size_t)> text_;
    std::function<void(const std::any&, const ProgramSettings&, std::vector<std::string>&)> check_;
    std::function<void(const std::any&, ProgramSettings&)> inform_;
    std::function<void(std::any&, const ProgramSettings&)> adapt_to_demo_;
};

// ---- kinds of value

// The parsers return nullopt for invalid text.
[[nodiscard]] std::optional<std::int64_t> parse_whole(const std::string& text, std::int64_t min,
                                                      std::int64_t max);
// `text` and `max` are in seconds, the result in milliseconds.
[[nodiscard]] std::optional<std::int64_t> parse_seconds(const std::string& text, std::int64_t max);
// Whether a URL names a host, with a valid port if it has one.
[[nodiscard]] bool has_host(std::string_view url);
// Whether the host of a URL or address is this machine's loopback.
[[nodiscard]] bool is_loopback_url(std::string_view url);
[[nodiscard]] std::string decimal_text(std::int64_t thousandths);  // "2" or "0.25"

template <class S>
Value<S> whole(std::int64_t S::* member, std::int64_t min, std::int64_t max) {
    auto limits = std::to_string(min) + " to " + std::to_string(max);
    return {[=](S& to, const std::string& text) -> std::string {
                auto value = parse_whole(text, min, max);
                if (!value) return "must be a whole number from " + limits;
                to.*member = *value;
                return {};
            },
            [=](const S& from) { return std::to_string(from.*member); }, limits};
}

// "2" or "0.25" seconds, at most `max` seconds, stored in milliseconds.
template <class S>
Value<S> seconds(std::int64_t S::* member, std::int64_t max) {
    auto limits = "0 to " + std::to_string(max);
    return {[=](S& to, const std::string& text) -> std::string {
                auto value = parse_seconds(text, max);
                if (!value) return "must be a number of seconds from " + limits;
                to.*member = *value;
                return {};
            },
            [=](const S& from) { return decimal_text(from.*member); }, limits};
}

template <class S>
Value<S> any_text(std::string S::* member) {
    return {[=](S& to, const std::string& text) -> std::string {
                to.*member = text;
                return {};
            },
            [=](const S& from) { return from.*member; }};
}

// `check` returns what is wrong with the text, and may tidy it.
template <class S>
Value<S> checked_text(std::string S::* member, std::string (*check)(std::string& text)) {
    return {[=](S& to, const std::string& text) -> std::string {
                auto tidied = text;
                auto wrong = check(tidied);
                if (wrong.empty()) to.*member = std::move(tidied);
                return wrong;
            },
            [=](const S& from) { return from.*member; }};
}

// One of several names.
template <class S, class E>
Value<S> choice(E S::* member, std::vector<std::pair<std::string, E>> names) {
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i)
        list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i].first;
    return {[=](S& to, const std::string& text) -> std::string {
                for (const auto& [name, value] : names) {
                    if (text == name) return to.*member = value, std::string{};
                }
                return "must be " + list;
            },
            [=](const S& from) -> std::string {
                for (const auto& [name, value] : names) {
                    if (value == from.*member) return name;
                }
                return {};
            },
            list};
}

template <class S>
Value<S> on_or_off(bool S::* member) {
    return choice<S, bool>(member, {{"on", true}, {"off", false}});
}

// At least 16 characters.
template <class S>
Value<S> secret_text(std::string S::* member) {
    auto value = checked_text<S>(member, [](std::string& text) -> std::string {
        return text.size() < 16 ? "must have at least 16 characters" : "";
    });
    value.limits = "at least 16 characters";
    return value;
}

// The settings of ProgramSettings for a program that contains `services`; `calls` are the services whose
// addresses it needs.
[[nodiscard]] Group program_settings(Deployment deployment, const std::vector<std::string>& services,
                                     const std::vector<std::string>& calls);

}  // namespace settings

// A setting that was given: by flag or in the environment.
struct GivenSetting {
    std::string variable, text;  // of a secret only "set"
};

// The values of all settings of a program.
struct Settings {
    ProgramSettings program;
    std::map<std::string, std::any, std::less<>> services;  // each service's own struct, by name
    std::vector<GivenSetting> given = {};
};

}  // namespace stagedoor
