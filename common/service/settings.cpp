#include "common/service/settings.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>

#include "common/http/server/request_origin.hpp"
#include "common/outbound/address.hpp"
#include "common/service/options.hpp"
#include "contracts/money.hpp"

namespace stagedoor {
namespace {

using Set =
    std::function<std::string(Settings&, const std::string&)>;  // what is wrong with the text; empty: nothing

Set whole(std::int64_t Settings::* member, std::int64_t min, std::int64_t max) {
    return [=](Settings& settings, const std::string& text) -> std::string {
        std::int64_t value = 0;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
            return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
        }
        settings.*member = value;
        return {};
    };
}

// "2" or "0.25" seconds, kept in milliseconds.
Set seconds(std::int64_t Settings::* member, std::int64_t most) {
    return [=](Settings& settings, const std::string& text) -> std::string {
        double value = -1;
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() ||
            !(value >= 0 && value <= static_cast<double>(most))) {
            return "must be a number of seconds from 0 to " + std::to_string(most);
        }
        settings.*member = std::llround(value * 1000);
        return {};
    };
}

Set any_text(std::string Settings::* member) {
    return [=](Settings& settings, const std::string& text) -> std::string {
        settings.*member = text;
        return {};
    };
}

std::string set_rate_limits(Settings& settings, const std::string& text) {
    if (text != "on" && text != "off") return "must be on or off";
    settings.rate_limits = text == "on";
    return {};
}

std::string set_public_url(Settings& settings, const std::string& text) {
    auto url = text;
    if (url.ends_with('/')) url.pop_back();
    auto scheme = url.starts_with("https://") ? 8u : url.starts_with("http://") ? 7u : 0u;
    if (scheme == 0 || url.size() == scheme || url.find_first_of("/?# ", scheme) != std::string::npos) {
        return "must be scheme and host only, such as https://tickets.example";
    }
    settings.public_url = url;
    return {};
}

std::string set_log_level(Settings& settings, const std::string& text) {
    for (auto level : {"debug", "info", "warning", "error", "off"}) {
        if (text == level) {
            settings.log_level = text;
            return {};
        }
    }
    return "must be debug, info, warning, error or off";
}

// The host of "scheme://host:port/path"; nothing when that is none.
std::optional<std::string> host_in(std::string_view url) {
    auto begin = url.find("://");
    if (begin == std::string_view::npos) return std::nullopt;
    url.remove_prefix(begin + 3);
    return outbound::host_of(url.substr(0, url.find_first_of("/?#")));
}

bool is_here(std::string_view url) {
    auto host = host_in(url);
    return host && outbound::is_loopback(*host);
}

// Addresses only: the server looks up no names.
std::string set_address(Settings& settings, const std::string& text) {
    boost::system::error_code error;
    boost::asio::ip::make_address(text, error);
    if (error) return "must be an IP address, such as 127.0.0.1 or ::";
    settings.address = text;
    return {};
}

std::string set_trusted_proxies(Settings& settings, const std::string& text) {
    settings.trusted_proxies.clear();
    std::stringstream list{text};
    for (std::string each; std::getline(list, each, ',');) {
        if (!each.empty()) settings.trusted_proxies.push_back(each);
    }
    try {
        http::TrustedProxies as_the_server_reads_them{settings.trusted_proxies};
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

std::string set_jwt_key_secret(Settings& settings, const std::string& text) {
    if (text.size() < 16) return "must have at least 16 characters";
    settings.jwt_key_secret = text;
    return {};
}

std::string set_mail_link_secret(Settings& settings, const std::string& text) {
    if (text.size() < 16) return "must have at least 16 characters";
    settings.mail_link_secret = text;
    return {};
}

std::string set_payment_provider(Settings& settings, const std::string& text) {
    if (text != "test" && text != "stripe") return "must be test or stripe";
    settings.payment_provider = text == "test" ? PaymentProvider::test : PaymentProvider::stripe;
    return {};
}

// "2.5" percent is 250 hundredths of one: basis points.
std::string set_fee_percent(Settings& settings, const std::string& text) {
    auto percent = Money::parse(text, Currency{});
    if (!percent || percent->minor > 50'00)
        return "must be a number of percent from 0 to 50, with two decimals at most";
    settings.fee_basis_points = percent->minor;
    return {};
}

std::string set_stripe_url(Settings& settings, const std::string& text) {
    if (!text.starts_with("https://") && !(text.starts_with("http://") && is_here(text)))
        return "must begin with https:// (http:// only to this machine)";
    if (!host_in(text) || text.find_first_of("@?# ") != std::string::npos)
        return "must be such as https://api.stripe.com";
    settings.stripe_url = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    return {};
}

std::string set_smtp_url(Settings& settings, const std::string& text) {
    auto scheme = text.starts_with("smtps://") ? 8u : text.starts_with("smtp://") ? 7u : 0u;
    if (scheme == 0 || !outbound::host_of(std::string_view{text}.substr(scheme)))
        return "must be such as smtp://mail.example:587 or smtps://mail.example:465";
    settings.smtp_url = text;
    return {};
}

std::string set_smtp_tls(Settings& settings, const std::string& text) {
    if (text != "demand" && text != "try") return "must be demand or try";
    settings.smtp_demand_tls = text == "demand";
    return {};
}

std::string set_mail_from(Settings& settings, const std::string& text) {
    if (!outbound::is_mail_address(text)) return "must be a bare e-mail address, such as tickets@example.com";
    settings.mail_from = text;
    return {};
}

std::string set_mail_page(Settings& settings, const std::string& text) {
    if (text != "on" && text != "off") return "must be on or off";
    settings.mail_page = text == "on";
    return {};
}

std::string set_ca_file(Settings& settings, const std::string& text) {
    std::error_code error;
    std::ifstream file{text};
    if (!std::filesystem::is_regular_file(text, error) || !file) return "must be a file that can be read";
    std::string line;
    while (std::getline(file, line) && !line.starts_with("-----BEGIN ")) {
    }  // bundles begin with comments
    if (!file) return "must hold certificates as PEM: -----BEGIN CERTIFICATE----- …";
    settings.ca_file = text;
    return {};
}

std::string set_views(Settings& settings, const std::string& text) {
    if (!std::filesystem::is_directory(text)) return "must be a folder";
    settings.views = text;
    return {};
}

std::string set_database_url(Settings& settings, const std::string& text) {
    if (!text.starts_with("postgresql://") && !text.starts_with("postgres://"))
        return "must be such as postgresql://role:password@host:5432/database";
    settings.database_url = text;
    return {};
}

std::string set_nats_url(Settings& settings, const std::string& text) {
    std::stringstream list{text};
    for (std::string each; std::getline(list, each, ',');) {
        if (!each.starts_with("nats://") && !each.starts_with("tls://"))
            return "must be such as nats://user:password@host:4222, several with commas between";
    }
    settings.nats_url = text;
    return {};
}

Set readable_file(std::string Settings::* member) {
    return [=](Settings& settings, const std::string& text) -> std::string {
        if (!std::ifstream{text}) return "must be a file that can be read";
        settings.*member = text;
        return {};
    };
}

Set addresses_of(std::string service) {
    return [service = std::move(service)](Settings& settings, const std::string& text) -> std::string {
        std::vector<std::string> all;
        std::stringstream list{text};
        for (std::string each; std::getline(list, each, ',');) {
            if (each.ends_with('/')) each.pop_back();
            if (!(each.starts_with("http://") || each.starts_with("https://")) || !host_in(each))
                return "must be such as http://" + service + ":8080, several with commas between";
            all.push_back(std::move(each));
        }
        settings.services[service] = std::move(all);
        return {};
    };
}

enum class Secret { no, yes };  // not as a flag (others see the command line), but also as VARIABLE_FILE

struct Option {
    std::string flag, variable, fallback, help;
    Set set;
    Secret secret = Secret::no;
    std::optional<Deployment> only = {};  // of such programs

    [[nodiscard]] bool is_secret() const { return secret == Secret::yes; }
    [[nodiscard]] bool is_for(Deployment deployment, Wanted wanted) const {
        if (wanted == Wanted::where_it_listens && flag != "--address" && flag != "--port") return false;
        return !only || *only == deployment;
    }
};

constexpr auto own_program = Deployment::own_program;

const std::vector<Option>& options() {
    static const std::vector<Option> all{
        {"--address", "STAGEDOOR_ADDRESS", "127.0.0.1", "address to listen on; 0.0.0.0 for all", set_address},
        {"--port", "PORT", "8080", "port to listen on; 0 for any free one", whole(&Settings::port, 0, 65535)},
        {"--admin-port", "STAGEDOOR_ADMIN_PORT", "0",
         "loopback port for metrics and admin routes; 0 for none", whole(&Settings::admin_port, 0, 65535)},
        {"--data", "STAGEDOOR_DATA", "data", "folder of the databases", any_text(&Settings::data)},
        {"--public-url", "STAGEDOOR_PUBLIC_URL", "",
         "what the world calls it, such as https://tickets.example", set_public_url},
        {"--trusted-proxies", "STAGEDOOR_TRUSTED_PROXIES", "",
         "addresses whose X-Forwarded headers count, with commas between", set_trusted_proxies},
        {"--threads", "STAGEDOOR_THREADS", "2", "threads that answer requests",
         whole(&Settings::threads, 1, 64)},
        {"--hold-seconds", "STAGEDOOR_HOLD_SECONDS", "900", "the time to pay for an order",
         whole(&Settings::hold_seconds, 1, 86'400)},
        {"--unpaid-orders", "STAGEDOOR_UNPAID_ORDERS", "3", "unpaid orders that a buyer may have at once",
         whole(&Settings::unpaid_orders, 1, 1000)},
        {"--rate-limits", "STAGEDOOR_RATE_LIMITS", "on",
         "off lifts rate and unpaid-order limits, for load tests", set_rate_limits},
        {"--key-rotation-days", "STAGEDOOR_KEY_ROTATION_DAYS", "30",
         "age at which the key that signs sessions is replaced",
         whole(&Settings::key_rotation_days, 1, 3650)},
        {"--payment-provider", "STAGEDOOR_PAYMENT_PROVIDER", "test",
         "who charges the buyers: test (built in, no money moves) or stripe", set_payment_provider},
        {"--fee-percent", "STAGEDOOR_FEE_PERCENT", "0", "what the house keeps of each ticket's price",
         set_fee_percent},
        {"--stripe-url", "STAGEDOOR_STRIPE_URL", "https://api.stripe.com", "where Stripe's API is",
         set_stripe_url},
        {"--stripe-publishable-key", "STRIPE_PUBLISHABLE_KEY", "", "Stripe's key for browsers",
         any_text(&Settings::stripe_publishable_key)},
        {"--smtp-url", "SMTP_URL", "",
         "mail server, such as smtp://mail.example:587; without one mails are files in the data folder",
         set_smtp_url},
        {"--smtp-tls", "SMTP_TLS", "demand", "demand, or try: send in clear when the server has no TLS",
         set_smtp_tls},
        {"--smtp-user", "SMTP_USER", "", "who signs in to the mail server", any_text(&Settings::smtp_user)},
        {"--mail-from", "STAGEDOOR_MAIL_FROM", "tickets@localhost", "the sender's address in mails",
         set_mail_from},
        {"--mail-page", "STAGEDOOR_MAIL_PAGE", "off",
         "on shows all mails at /dev/mails when none are sent: development only", set_mail_page},
        {"--ca-file", "STAGEDOOR_CA_FILE", "",
         "certificates to trust of mail server and provider, PEM; else the system's", set_ca_file},
        {"--drain-delay", "STAGEDOOR_DRAIN_DELAY", "2", "seconds to go on accepting after SIGTERM",
         seconds(&Settings::drain_delay_milliseconds, 60)},
        {"--views", "STAGEDOOR_VIEWS", "", "read templates and static files from this folder (development)",
         set_views},
        {"--log-level", "STAGEDOOR_LOG_LEVEL", "info", "debug, info, warning, error or off", set_log_level},
        {"--database-connections", "STAGEDOOR_DATABASE_CONNECTIONS", "4",
         "connections to the database that write at the same time",
         whole(&Settings::database_connections, 1, 64), Secret::no, own_program},
        {"--nats-credentials", "NATS_CREDENTIALS", "", "file of credentials (JWT and seed) for NATS",
         readable_file(&Settings::nats_credentials), Secret::no, own_program},
        {"--nats-ca-file", "NATS_CA_FILE", "", "certificates to trust of NATS, PEM",
         readable_file(&Settings::nats_ca_file), Secret::no, own_program},
        {"--nats-certificate", "NATS_CERTIFICATE", "", "certificate to show to NATS, PEM",
         readable_file(&Settings::nats_certificate), Secret::no, own_program},
        {"--nats-key", "NATS_KEY", "", "key of --nats-certificate, PEM", readable_file(&Settings::nats_key),
         Secret::no, own_program},
        {"--nats-replicas", "NATS_REPLICAS", "1", "servers that keep each stream: 3 in a cluster",
         whole(&Settings::nats_replicas, 1, 5), Secret::no, own_program},
        {"--auth-url", "AUTH_URL", "", "where auth is, for client; copies with commas between",
         addresses_of("auth"), Secret::no, own_program},
        {"--tickets-url", "TICKETS_URL", "", "where tickets is, for client", addresses_of("tickets"),
         Secret::no, own_program},
        {"--orders-url", "ORDERS_URL", "", "where orders is, for client", addresses_of("orders"), Secret::no,
         own_program},
        {"--payments-url", "PAYMENTS_URL", "", "where payments is, for client", addresses_of("payments"),
         Secret::no, own_program},
        {"", "DATABASE_URL", "",
         "the service's PostgreSQL database, such as postgresql://role:password@host/name", set_database_url,
         Secret::yes, own_program},
        {"", "NATS_URL", "",
         "the bus, such as nats://user:password@host:4222; a cluster's with commas between", set_nats_url,
         Secret::yes, own_program},
        {"", "JWT_KEY_SECRET", "",
         "encrypts the session signing keys at rest; in one process made in the data folder when not given",
         set_jwt_key_secret, Secret::yes},
        {"", "MAIL_LINK_SECRET", "",
         "makes the tokens in mailed links; in one process made in the data folder when not given",
         set_mail_link_secret, Secret::yes},
        {"", "STRIPE_SECRET_KEY", "", "Stripe's key for servers", any_text(&Settings::stripe_secret_key),
         Secret::yes},
        {"", "STRIPE_WEBHOOK_SECRET", "", "signs what Stripe tells; without it webhooks are refused",
         any_text(&Settings::stripe_webhook_secret), Secret::yes},
        {"", "SMTP_PASSWORD", "", "of SMTP_USER at the mail server", any_text(&Settings::smtp_password),
         Secret::yes},
    };
    return all;
}

// The environment's value, from VARIABLE_FILE where that is set for a secret.
std::optional<std::string> from_environment(const Option& option, std::vector<std::string>& problems) {
    if (option.is_secret()) {
        auto file_variable = option.variable + "_FILE";
        if (const auto* path = std::getenv(file_variable.c_str())) {
            std::ifstream file{path};
            std::string text;
            if (!std::getline(file, text)) {
                problems.push_back(file_variable + "=" + path + ": the file can't be read or is empty");
                return std::nullopt;
            }
            return text;
        }
    }
    if (const auto* value = std::getenv(option.variable.c_str())) return std::string{value};
    return std::nullopt;
}

// Mails go out with links and a sender that others can answer to; they, and the password, are not for everybody.
void check_mail(const Settings& settings, std::vector<std::string>& problems) {
    if (!settings.smtp_url.empty()) {
        if (settings.public_url.empty())
            problems.emplace_back("--public-url is missing: links in mails begin with it");
        if (settings.mail_from == Settings{}.mail_from)
            problems.emplace_back("--mail-from is missing: an address of yours that mails may come from");
        if (!settings.smtp_demand_tls && !settings.smtp_password.empty() && !is_here(settings.smtp_url))
            problems.emplace_back("--smtp-tls try would send SMTP_PASSWORD in clear: only to this machine");
    }
    if (settings.mail_page.value_or(false) && !settings.only_here())
        problems.emplace_back(
            "--mail-page on would show mails to others: only with a loopback --address and no --public-url "
            "but localhost");
}

}  // namespace

bool Settings::only_here() const {
    return outbound::is_loopback(address) && (public_url.empty() || is_here(public_url));
}

void add_options(CLI::App& command, Deployment deployment, std::map<std::string, std::string>& given,
                 Wanted wanted) {
    for (const auto& option : options()) {
        if (option.is_secret() || !option.is_for(deployment, wanted)) continue;
        auto help = option.help + " [" + option.variable + "]";
        if (!option.fallback.empty()) help += " (default " + option.fallback + ")";
        command.add_option(option.flag, given[option.flag], help);
    }
    if (wanted != Wanted::everything) return;
    std::string secrets = "Secrets, by environment only (or NAME_FILE with a file's path):\n";
    for (const auto& option : options()) {
        if (option.is_secret() && option.is_for(deployment, wanted))
            secrets += "  " + option.variable + "  " + option.help + "\n";
    }
    command.footer(secrets);
}

std::expected<Settings, std::vector<std::string>> read_settings(
    const CLI::App& command, Deployment deployment, const std::map<std::string, std::string>& given,
    const std::vector<std::string>& required, Wanted wanted) {
    Settings settings;
    std::vector<std::string> problems;
    for (const auto& option : options()) {
        if (!option.is_for(deployment, wanted)) continue;
        std::optional<std::string> text;
        auto name = option.variable;
        if (!option.is_secret() && command.count(option.flag) > 0) {
            text = given.at(option.flag);
            name = option.flag;
        } else {
            text = from_environment(option, problems);
        }
        if (!text || (text->empty() && option.fallback.empty())) {
            if (std::ranges::find(required, option.variable) != required.end())
                problems.push_back(option.variable + " is missing: " + option.help);
            continue;
        }
        auto wrong = option.set(settings, *text);
        if (wrong.empty()) continue;
        problems.push_back(option.is_secret() ? name + " " + wrong : name + "=" + *text + ": " + wrong);
    }
    if (settings.payment_provider == PaymentProvider::stripe) {
        if (settings.stripe_secret_key.empty()) problems.emplace_back("STRIPE_SECRET_KEY is missing");
        if (settings.stripe_publishable_key.empty())
            problems.emplace_back("--stripe-publishable-key is missing");
    }
    if (settings.smtp_user.empty() != settings.smtp_password.empty())
        problems.emplace_back("SMTP_USER and SMTP_PASSWORD are needed together");
    check_mail(settings, problems);
    if (settings.nats_certificate.empty() != settings.nats_key.empty())
        problems.emplace_back("--nats-certificate and --nats-key are needed together");
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return settings;
}

}  // namespace stagedoor
