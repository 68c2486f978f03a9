#include "common/service/settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>

#include "common/service/options.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

// Variables of the environment for as long as it lives; those of Stagedoor that the test's own environment
// has are away.
class Environment {
  public:
    explicit Environment(std::map<std::string, std::string> variables = {})
        : variables_(std::move(variables)) {
        for (auto name : {"STAGEDOOR_ADDRESS",
                          "PORT",
                          "STAGEDOOR_ADMIN_PORT",
                          "STAGEDOOR_DATA",
                          "STAGEDOOR_PUBLIC_URL",
                          "STAGEDOOR_TRUSTED_PROXIES",
                          "STAGEDOOR_THREADS",
                          "STAGEDOOR_HOLD_SECONDS",
                          "STAGEDOOR_UNPAID_ORDERS",
                          "STAGEDOOR_RATE_LIMITS",
                          "STAGEDOOR_KEY_ROTATION_DAYS",
                          "STAGEDOOR_DRAIN_DELAY",
                          "STAGEDOOR_VIEWS",
                          "STAGEDOOR_LOG_LEVEL",
                          "JWT_KEY_SECRET",
                          "JWT_KEY_SECRET_FILE",
                          "STAGEDOOR_PAYMENT_PROVIDER",
                          "STAGEDOOR_FEE_PERCENT",
                          "STAGEDOOR_STRIPE_URL",
                          "STRIPE_PUBLISHABLE_KEY",
                          "STRIPE_SECRET_KEY",
                          "STRIPE_WEBHOOK_SECRET",
                          "SMTP_URL",
                          "SMTP_TLS",
                          "SMTP_USER",
                          "SMTP_PASSWORD",
                          "STAGEDOOR_MAIL_FROM",
                          "STAGEDOOR_MAIL_PAGE",
                          "STAGEDOOR_CA_FILE",
                          "MAIL_LINK_SECRET"}) {
            ::unsetenv(name);
        }
        for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
    }
    ~Environment() {
        for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    std::map<std::string, std::string> variables_;
};

std::expected<Settings, std::vector<std::string>> read(std::vector<std::string> flags) {
    CLI::App command{"serve"};
    std::map<std::string, std::string> given;
    add_options(command, Deployment::one_process, given);
    std::ranges::reverse(flags);  // as CLI11 wants them
    command.parse(flags);
    return read_settings(command, Deployment::one_process, given);
}

Settings right(std::vector<std::string> flags = {}) {
    auto settings = read(std::move(flags));
    EXPECT_TRUE(settings) << (settings ? "" : settings.error().front());
    return settings.value_or(Settings{});
}

std::vector<std::string> wrong(std::vector<std::string> flags = {}) {
    auto settings = read(std::move(flags));
    EXPECT_FALSE(settings);
    return settings ? std::vector<std::string>{} : settings.error();
}

std::vector<std::string> mailing_by(const std::string& server) {
    return {"--smtp-url",        server, "--public-url", "https://tickets.example", "--mail-from",
            "us@tickets.example"};
}

std::string only_problem(std::vector<std::string> flags = {}) {
    auto problems = wrong(std::move(flags));
    EXPECT_EQ(problems.size(), 1u);
    return problems.empty() ? "" : problems.front();
}

TEST(Settings, have_defaults_that_work) {
    Environment none;
    auto settings = right();
    EXPECT_EQ(settings.address, "127.0.0.1");
    EXPECT_EQ(settings.port, 8080);
    EXPECT_EQ(settings.admin_port, 0);
    EXPECT_EQ(settings.data, "data");
    EXPECT_EQ(settings.hold_seconds, 900);
    EXPECT_EQ(settings.unpaid_orders, 3);
    EXPECT_TRUE(settings.rate_limits);
    EXPECT_EQ(settings.drain_delay_milliseconds, 2000);
    EXPECT_EQ(settings.log_level, "info");
    EXPECT_EQ(settings.public_url, "");
    EXPECT_FALSE(settings.https());
}

// What --help says must be what happens.
TEST(Settings, defaults_that_are_shown_are_those_that_hold) {
    Environment none;
    CLI::App command{"serve"};
    std::map<std::string, std::string> given;
    add_options(command, Deployment::one_process, given);
    auto as_default = right();
    for (const auto* option : command.get_options()) {
        auto help = option->get_description();
        auto at = help.find("(default ");
        if (at == std::string::npos) continue;
        auto shown = help.substr(at + 9, help.size() - at - 10);
        auto said = right({option->get_name(), shown});
        EXPECT_EQ(said.port, as_default.port) << option->get_name();
        EXPECT_EQ(said.address, as_default.address) << option->get_name();
        EXPECT_EQ(said.admin_port, as_default.admin_port) << option->get_name();
        EXPECT_EQ(said.data, as_default.data) << option->get_name();
        EXPECT_EQ(said.threads, as_default.threads) << option->get_name();
        EXPECT_EQ(said.hold_seconds, as_default.hold_seconds) << option->get_name();
        EXPECT_EQ(said.unpaid_orders, as_default.unpaid_orders) << option->get_name();
        EXPECT_EQ(said.rate_limits, as_default.rate_limits) << option->get_name();
        EXPECT_EQ(said.key_rotation_days, as_default.key_rotation_days) << option->get_name();
        EXPECT_EQ(said.drain_delay_milliseconds, as_default.drain_delay_milliseconds) << option->get_name();
        EXPECT_EQ(said.log_level, as_default.log_level) << option->get_name();
        EXPECT_EQ(said.payment_provider, as_default.payment_provider) << option->get_name();
        EXPECT_EQ(said.fee_basis_points, as_default.fee_basis_points) << option->get_name();
        EXPECT_EQ(said.stripe_url, as_default.stripe_url) << option->get_name();
        EXPECT_EQ(said.smtp_demand_tls, as_default.smtp_demand_tls) << option->get_name();
        EXPECT_EQ(said.mail_from, as_default.mail_from) << option->get_name();
        EXPECT_EQ(said.mail_page.value_or(false), as_default.mail_page.value_or(false)) << option->get_name();
    }
}

TEST(Settings, come_from_the_environment) {
    Environment set{{{"PORT", "9000"},
                     {"STAGEDOOR_HOLD_SECONDS", "30"},
                     {"STAGEDOOR_RATE_LIMITS", "off"},
                     {"STAGEDOOR_PUBLIC_URL", "https://tickets.example/"},
                     {"STAGEDOOR_TRUSTED_PROXIES", "10.0.0.0/8,,192.168.1.1"}}};
    auto settings = right();
    EXPECT_EQ(settings.port, 9000);
    EXPECT_EQ(settings.time_to_pay(), std::chrono::seconds{30});
    EXPECT_FALSE(settings.rate_limits);
    EXPECT_EQ(settings.public_url, "https://tickets.example");
    EXPECT_TRUE(settings.https());
    EXPECT_EQ(settings.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "192.168.1.1"}));
}

TEST(Settings, of_fees_are_exact) {
    Environment none;
    EXPECT_EQ(right({"--fee-percent", "2.5"}).fee_basis_points, 250);
    EXPECT_EQ(right({"--fee-percent", "0.07"}).fee_basis_points, 7);
    EXPECT_EQ(right({"--fee-percent", "50"}).fee_basis_points, 5000);
    for (auto text : {"50.01", "-1", "1.234", "two"})
        EXPECT_NE(only_problem({"--fee-percent", text}).find("from 0 to 50"), std::string::npos) << text;
}

TEST(Settings, of_stripe_are_needed_together) {
    Environment none;
    EXPECT_EQ(
        wrong({"--payment-provider", "stripe"}),
        (std::vector<std::string>{"STRIPE_SECRET_KEY is missing", "--stripe-publishable-key is missing"}));
    Environment keys{{{"STRIPE_SECRET_KEY", "sk_test"}, {"STRIPE_PUBLISHABLE_KEY", "pk_test"}}};
    EXPECT_EQ(right({"--payment-provider", "stripe"}).payment_provider, PaymentProvider::stripe);
    EXPECT_NE(only_problem({"--payment-provider", "paypal"}), "");
    EXPECT_NE(only_problem({"--stripe-url", "http://stripe.example"}), "") << "keys don't go in clear";
    EXPECT_EQ(right({"--stripe-url", "http://127.0.0.1:4242/"}).stripe_url, "http://127.0.0.1:4242");
    for (auto url : {"https://", "https://:443", "https://key@stripe.example", "https://stripe.example:0",
                     "http://127.0.0.1:4242@stripe.example", "http://localhost:80.example"})
        EXPECT_NE(only_problem({"--stripe-url", url}), "") << url;
}

TEST(Settings, of_the_mail_server_are_checked) {
    Environment password{{{"SMTP_PASSWORD", "secret"}}};
    EXPECT_NE(only_problem().find("together"), std::string::npos);
    EXPECT_EQ(right({"--smtp-user", "stagedoor"}).smtp_password, "secret");
    Environment none{{{"SMTP_PASSWORD", ""}}};
    for (auto text : {"smtps://mail.example:465", "smtp://mail.example", "smtp://[::1]:25"})
        EXPECT_EQ(right(mailing_by(text)).smtp_url, text);
    for (auto text : {"mail.example", "http://mail.example", "smtp://", "smtp://u:p@mail.example",
                      "smtp://mail.example:0", "smtp://mail.example:70000", "smtp://:25",
                      "smtp://mail.example:", "smtp://mail.example/path"})
        EXPECT_NE(only_problem({"--smtp-url", text}).find("must be such as"), std::string::npos) << text;
    for (auto text : {"nobody", "@mail.example", "a@b\r\nBcc: c@d", "Shop <a@b.example>", "a@b@c", "a@b,c"})
        EXPECT_NE(only_problem({"--mail-from", text}), "") << text;
}

TEST(Settings, of_a_mail_server_need_what_the_world_calls_us) {
    Environment none;
    auto problems = wrong({"--smtp-url", "smtp://mail.example"});
    ASSERT_EQ(problems.size(), 2u);
    EXPECT_TRUE(problems[0].starts_with("--public-url is missing"));
    EXPECT_TRUE(problems[1].starts_with("--mail-from is missing"));
}

TEST(Settings, let_no_password_out_in_clear) {
    Environment login{{{"SMTP_PASSWORD", "secret"}, {"SMTP_USER", "stagedoor"}, {"SMTP_TLS", "try"}}};
    EXPECT_TRUE(only_problem(mailing_by("smtp://mail.example")).starts_with("--smtp-tls try"));
    for (auto here : {"smtp://127.0.0.1:25", "smtp://localhost", "smtp://[::1]:25"})
        EXPECT_FALSE(right(mailing_by(here)).smtp_demand_tls) << here;
}

TEST(Settings, show_mails_only_where_nobody_else_can_see_them) {
    Environment none;
    EXPECT_EQ(right().mail_page, std::nullopt);
    EXPECT_EQ(right({"--mail-page", "off"}).mail_page, false);
    for (auto flags : {std::vector<std::string>{},
                       {"--address", "::1"},
                       {"--public-url", "http://localhost:8080"},
                       {"--public-url", "http://127.0.0.1"}}) {
        flags.insert(flags.end(), {"--mail-page", "on"});
        EXPECT_EQ(right(flags).mail_page, true);
    }
    for (auto flags : {std::vector<std::string>{"--address", "0.0.0.0"},
                       {"--address", "::"},
                       {"--public-url", "https://tickets.example"},
                       {"--public-url", "http://localhost.example"}}) {
        flags.insert(flags.end(), {"--mail-page", "on"});
        EXPECT_TRUE(only_problem(flags).starts_with("--mail-page on")) << flags[1];
    }
}

TEST(Settings, of_a_demo_show_mails_unless_they_were_told_otherwise) {
    Environment none;
    auto shown_in_demo = [](std::vector<std::string> flags) {
        auto settings = right(std::move(flags));
        settings.suit_demo();
        return settings.mail_page;
    };
    EXPECT_EQ(shown_in_demo({}), true);
    EXPECT_EQ(shown_in_demo({"--mail-page", "off"}), false);
    EXPECT_EQ(shown_in_demo({"--address", "0.0.0.0"}), false);
    EXPECT_EQ(shown_in_demo({"--public-url", "https://tickets.example"}), false);
}

TEST(Settings, take_certificates_as_pem) {
    Environment none;
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("bundle")} << "# of ours\n\n-----BEGIN CERTIFICATE-----\nMIIB\n";
    EXPECT_EQ(right({"--ca-file", folder.file("bundle")}).ca_file, folder.file("bundle"));
    std::ofstream{folder.file("binary")} << "0\x82";
    std::ofstream{folder.file("empty")}.flush();
    for (auto name : {"binary", "empty"})
        EXPECT_NE(only_problem({"--ca-file", folder.file(name)}).find("as PEM"), std::string::npos) << name;
    for (const auto& file : {folder.file("missing"), folder.path().string()})
        EXPECT_NE(only_problem({"--ca-file", file}).find("must be a file"), std::string::npos) << file;
}

TEST(Settings, come_from_flags_before_the_environment) {
    Environment set{{{"PORT", "9000"}, {"STAGEDOOR_HOLD_SECONDS", "nonsense"}}};
    auto settings = right({"--port", "9001", "--hold-seconds", "5"});
    EXPECT_EQ(settings.port, 9001);
    EXPECT_EQ(settings.hold_seconds, 5);
    EXPECT_EQ(right({"--port=0", "--hold-seconds=1"}).port, 0);
}

TEST(Settings, tell_all_that_is_wrong_at_once_and_where_it_was_said) {
    Environment set{{{"PORT", "80 80"},
                     {"STAGEDOOR_THREADS", "0"},
                     {"STAGEDOOR_LOG_LEVEL", "loud"},
                     {"STAGEDOOR_PUBLIC_URL", "tickets.example"}}};
    EXPECT_EQ(wrong({"--hold-seconds", "0", "--rate-limits", "maybe", "--views", "/no/such/folder"}),
              (std::vector<std::string>{
                  "PORT=80 80: must be a whole number from 0 to 65535",
                  "STAGEDOOR_PUBLIC_URL=tickets.example: must be scheme and host only, such as "
                  "https://tickets.example",
                  "STAGEDOOR_THREADS=0: must be a whole number from 1 to 64",
                  "--hold-seconds=0: must be a whole number from 1 to 86400",
                  "--rate-limits=maybe: must be on or off", "--views=/no/such/folder: must be a folder",
                  "STAGEDOOR_LOG_LEVEL=loud: must be debug, info, warning, error or off"}));
}

TEST(Settings, hold_numbers_to_their_limits) {
    Environment none;
    for (auto port : {"0", "1", "65535"}) EXPECT_EQ(right({"--port", port}).port, std::stoi(port));
    for (auto port : {"-1", "65536", "99999999999999999999", "0x50", "80.0", "80x", " 80"}) {
        EXPECT_TRUE(
            only_problem({"--port=" + std::string{port}}).starts_with("--port=" + std::string{port} + ": "))
            << port;
    }
}

TEST(Settings, take_a_public_url_of_scheme_and_host_only) {
    Environment none;
    for (auto url : {"http://localhost:8080", "https://tickets.example", "https://[::1]:8443"})
        EXPECT_EQ(right({"--public-url", url}).public_url, url);
    EXPECT_EQ(right({"--public-url", "https://tickets.example/"}).public_url, "https://tickets.example");
    for (auto url : {"tickets.example", "https://", "http:///", "ftp://x", "https://x/path", "https://x?q",
                     "https://x#f", "https://x y", "HTTPS://x//"}) {
        EXPECT_NE(only_problem({"--public-url", url}), "") << url;
    }
}

TEST(Settings, take_addresses_and_networks_but_no_names) {
    Environment none;
    for (auto address : {"127.0.0.1", "0.0.0.0", "::", "::1"})
        EXPECT_EQ(right({"--address", address}).address, address);
    for (auto address : {"nonsense", "localhost", "1.2.3", "127.0.0.1:80", "[::1]", "10.0.0.0/8"}) {
        EXPECT_EQ(only_problem({"--address", address}),
                  "--address=" + std::string{address} + ": must be an IP address, such as 127.0.0.1 or ::");
    }
    EXPECT_EQ(right({"--trusted-proxies", "10.0.0.0/8,::1,fd00::/8"}).trusted_proxies,
              (std::vector<std::string>{"10.0.0.0/8", "::1", "fd00::/8"}));
    for (auto proxies : {"foo", "10.0.0.0/33", "10.0.0.1,foo", "localhost", "10.0.0.0/", "::1/129"})
        EXPECT_NE(only_problem({"--trusted-proxies", proxies}), "") << proxies;
}

TEST(Settings, refuse_a_flag_that_nobody_knows) {
    Environment none;
    EXPECT_THROW((void)read({"--prot", "8080"}), CLI::ParseError);
    EXPECT_THROW((void)read({"--port"}), CLI::ParseError);
    EXPECT_THROW((void)read({"--port="}), CLI::ParseError);
}

TEST(Settings, take_secrets_from_the_environment_or_a_file_and_not_as_flags) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("secret")} << "sixteen characters and more\nsecond line\n";
    {
        Environment set{{{"JWT_KEY_SECRET", "a secret of good length"}}};
        EXPECT_EQ(right().jwt_key_secret, "a secret of good length");
        EXPECT_THROW((void)read({"--jwt-key-secret", "a secret of good length"}), CLI::ParseError);
    }
    {
        Environment set{{{"JWT_KEY_SECRET_FILE", folder.file("secret")}}};
        EXPECT_EQ(right().jwt_key_secret, "sixteen characters and more");
    }
    Environment none;
    EXPECT_EQ(right().jwt_key_secret, "");
}

TEST(Settings, tell_what_is_wrong_with_a_secret_without_showing_it) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("empty")}.flush();
    {
        Environment set{{{"JWT_KEY_SECRET", "hunter2"}}};
        EXPECT_EQ(only_problem(), "JWT_KEY_SECRET must have at least 16 characters");
    }
    for (auto name : {"missing", "empty"}) {
        Environment set{{{"JWT_KEY_SECRET_FILE", folder.file(name)}}};
        EXPECT_EQ(only_problem(),
                  "JWT_KEY_SECRET_FILE=" + folder.file(name) + ": the file can't be read or is empty");
    }
}

}  // namespace
}  // namespace stagedoor
