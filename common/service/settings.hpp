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

#include "common/bus/signature.hpp"
#include "common/language/language.hpp"
#include "common/service/cells.hpp"

namespace stagedoor {

// What a program contains: all services, with everything embedded; one service, which uses PostgreSQL and
// reaches the others over NATS and HTTP; or all services, which use PostgreSQL and reach other nodes over
// NATS.
enum class Deployment { one_process, own_program, node };

// What a service of a node has for itself.
struct ServiceConnections {
    std::string database_url;
    std::string nats_url, nats_credentials;  // empty: the program's
};

// The settings that every program has.
struct ProgramSettings {
    // Where it listens, and how visitors reach it.
    std::string address = "127.0.0.1";
    std::int64_t port = 8080;
    std::int64_t admin_port = 0;  // 0: none; metrics and admin routes
    std::string admin_address = "127.0.0.1", admin_token;
    std::string admin_socket;            // a unix socket with the same routes; empty: none
    bool metrics_without_token = false;  // and, beyond loopback, an admin port without a token
    // Files, PEM. With a certificate, it speaks TLS only; with a CA of clients, to their certificates only.
    std::string tls_certificate, tls_key, tls_client_ca;
    std::string public_url;  // "https://tickets.example": fixes scheme and origin; empty: the request's own
    // What operators may call this machine on the admin port and at /dev/mails, in lower case.
    std::vector<std::string> admin_hosts;
    std::vector<std::string> trusted_proxies;
    std::int64_t trusted_hops = 0;  // instead: the number of proxies that every request passes
    std::int64_t threads = 2;       // that handle requests

    bool demo = false;          // `serve --demo`
    std::string data = "data";  // folder of the databases and generated secrets
    // For development: templates and static files are read from this folder instead of the program.
    std::string views;
    Language language = Language::en;  // of those who prefer none of ours
    std::string ca_file;               // CA certificates for outgoing connections, PEM; empty: the system's
    bool rate_limits = true;           // off lifts rate limits and the limit on unpaid orders, for load tests
    std::optional<bool>
        confirmed_emails;       // holding and listing needs a confirmed address; unset: if it can be
    bool sends_emails = false;  // to people; known in programs that contain notifications
    std::string log_level = "info";
    std::int64_t drain_delay_milliseconds = 2000;
    // Old events. Long enough that nobody needs the rows any more, and that a wrong clock does not matter.
    std::int64_t history_days = 90;  // when they leave the outbox; 0: never
    std::string history_folder;      // where they go; empty: in the data folder, or nowhere without one

    // How a service's own program or a node reaches its database, the bus and the other services.
    std::string database_url;               // postgresql://role:password@host:port/database
    std::int64_t database_connections = 4;  // that write at the same time
    std::string nats_url;                   // nats://host:port, comma-separated
    std::string nats_credentials, nats_ca_file, nats_certificate, nats_key;  // files; empty: none
    std::int64_t nats_replicas = 1;                                          // of each stream
    bus::EventKeys event_keys;     // signing: of this program's services
    bool event_signatures = true;  // off accepts unsigned events, while upgrading from versions without
    ServiceAddresses services;
    std::int64_t cell = 0;  // whose listings and orders it makes; 0: of no cell
    Cells cells;            // that it sends requests to
    std::map<std::string, ServiceConnections, std::less<>> connections;  // of a node, by service

    [[nodiscard]] bool https() const { return public_url.starts_with("https://"); }
    [[nodiscard]] bool tls() const { return !tls_certificate.empty(); }
    [[nodiscard]] std::string scheme() const { return tls() ? "https" : "http"; }
    // Scheme and host for links in emails.
    [[nodiscard]] std::string origin() const {
        return public_url.empty() ? scheme() + "://localhost:" + std::to_string(port) : public_url;
    }
    [[nodiscard]] bool needs_confirmed_emails() const { return confirmed_emails.value_or(sends_emails); }
    // Whether only this machine can reach it, as far as the address and the public URL tell.
    [[nodiscard]] bool is_local() const;
};

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
    std::vector<Deployment> only = {};  // programs of these deployments have it; empty: all
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
    std::vector<Deployment> only;
    std::string generated;

    [[nodiscard]] bool is_secret() const { return kind == Kind::secret; }
    [[nodiscard]] bool is_for(Deployment deployment) const {
        return only.empty() || std::ranges::find(only, deployment) != only.end();
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
                                field.value.limits, field.kind, field.only, field.generated});
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
