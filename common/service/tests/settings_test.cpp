// Settings of a program: the kinds of value, and where values come from. Each service tests its own table.
#include "common/service/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "fleet/certificates.hpp"
#include "testing/service/settings_test.hpp"

namespace stagedoor {
namespace {

using settings::Kind;
using testing::Environment;
using testing::SettingsTest;

// A service that has one setting of every kind.
struct Sample {
    std::int64_t count = 3;
    bool enabled = true;
    std::string name = "none";
    std::string secret, shared;
};

settings::Group sample_group() {
    return settings::Table<Sample>{
        {
            {"--count", "SAMPLE_COUNT", "how many", settings::whole(&Sample::count, 1, 10)},
            {"--enabled", "SAMPLE_ENABLED", "whether", settings::on_or_off(&Sample::enabled)},
            {"--name", "SAMPLE_NAME", "what it is called", settings::any_text(&Sample::name)},
            {"", "SAMPLE_SECRET", "what nobody may know", settings::secret_text(&Sample::secret),
             Kind::secret},
            {"",
             "SHARED_SECRET",
             "what both know",
             settings::secret_text(&Sample::shared),
             Kind::secret,
             {},
             "shared.secret"},
        },
        [](const Sample& sample, const ProgramSettings&, std::vector<std::string>& problems) {
            if (!sample.enabled && sample.count > 5) problems.emplace_back("--count is too many");
        },
        [](Sample& sample, const ProgramSettings&) { sample.name = "demo"; }};
}

struct Other {
    std::string shared;
};

settings::Group other_group() {
    return settings::Table<Other>{{{"",
                                    "SHARED_SECRET",
                                    "what both know",
                                    settings::secret_text(&Other::shared),
                                    Kind::secret,
                                    {},
                                    "shared.secret"}}};
}

std::string key_text(char digit) { return std::string(64, digit); }
std::string public_key_text(char digit) {
    return bus::EventKey::parse(key_text(digit)).value().public_key().text();
}
std::string public_keys(char auth = 'a', char payments = 'b') {
    return "auth=" + public_key_text(auth) + ",payments=" + public_key_text(payments);
}

struct ProgramSettingsTest : SettingsTest {
    ProgramSettingsTest() : SettingsTest({{"sample", sample_group()}, {"other", other_group()}}) {}

    ProgramSettings program(std::vector<std::string> flags = {}) { return valid(std::move(flags)).program; }
    Sample sample(std::vector<std::string> flags = {}) {
        return std::any_cast<Sample>(valid(std::move(flags)).services.at("sample"));
    }
};

TEST_F(ProgramSettingsTest, have_defaults_that_work) {
    auto settings = program();
    EXPECT_EQ(settings.address, "127.0.0.1");
    EXPECT_EQ(settings.port, 8080);
    EXPECT_EQ(settings.admin_port, 0);
    EXPECT_EQ(settings.data, "data");
    EXPECT_TRUE(settings.rate_limits);
    EXPECT_EQ(settings.drain_delay_milliseconds, 2000);
    EXPECT_EQ(settings.log_level, "info");
    EXPECT_EQ(settings.public_url, "");
    EXPECT_FALSE(settings.https());
    EXPECT_EQ(sample().count, 3);
}

TEST_F(ProgramSettingsTest, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

TEST_F(ProgramSettingsTest, come_from_the_environment) {
    Environment set{{{"PORT", "9000"},
                     {"SAMPLE_COUNT", "7"},
                     {"STAGEDOOR_RATE_LIMITS", "off"},
                     {"STAGEDOOR_PUBLIC_URL", "https://tickets.example/"},
                     {"STAGEDOOR_TRUSTED_PROXIES", "10.0.0.0/8,,192.168.1.1"}}};
    auto settings = program();
    EXPECT_EQ(settings.port, 9000);
    EXPECT_EQ(sample().count, 7);
    EXPECT_FALSE(settings.rate_limits);
    EXPECT_EQ(settings.public_url, "https://tickets.example");
    EXPECT_TRUE(settings.https());
    EXPECT_EQ(settings.trusted_proxies, (std::vector<std::string>{"10.0.0.0/8", "192.168.1.1"}));
}

TEST_F(ProgramSettingsTest, trust_proxies_by_number_or_by_address_but_not_both) {
    EXPECT_EQ(program({"--trusted-hops", "2"}).trusted_hops, 2);
    EXPECT_EQ(problem({"--trusted-hops", "1", "--trusted-proxies", "10.0.0.1"}),
              "--trusted-hops and --trusted-proxies exclude each other");
    EXPECT_NE(problem({"--trusted-hops", "all"}), "");
}

// Beyond this machine everybody would be an operator.
TEST_F(ProgramSettingsTest, open_the_admin_port_to_others_only_with_a_token) {
    EXPECT_EQ(program({"--admin-port", "9090"}).admin_address, "127.0.0.1");
    const std::vector<std::string> open{"--admin-port", "9090", "--admin-address", "0.0.0.0"};
    EXPECT_TRUE(problem(open).starts_with("STAGEDOOR_ADMIN_TOKEN is missing")) << problem(open);
    auto with_metrics = open;
    with_metrics.insert(with_metrics.end(), {"--metrics-without-token", "on"});
    EXPECT_TRUE(program(with_metrics).metrics_without_token);
    EXPECT_NO_THROW((void)program({"--admin-address", "0.0.0.0"})) << "there is no admin port";
    EXPECT_THROW((void)read({"--admin-token", "a token of the operators"}), CLI::ParseError) << "a secret";
    Environment set{{{"STAGEDOOR_ADMIN_TOKEN", "a token of the operators"}}};
    EXPECT_EQ(program(open).admin_token, "a token of the operators");
    Environment weak{{{"STAGEDOOR_ADMIN_TOKEN", "short"}}};
    EXPECT_EQ(problems(open).front(), "STAGEDOOR_ADMIN_TOKEN must have at least 16 characters");
}

TEST_F(ProgramSettingsTest, remember_what_was_given_but_no_secret) {
    Environment set{{{"STAGEDOOR_ADMIN_TOKEN", "a token of the operators"}, {"SAMPLE_COUNT", "7"}}};
    std::map<std::string, std::string> given;
    for (const auto& [variable, text] : valid({"--port", "9001"}).given) given[variable] = text;
    EXPECT_EQ(given, (std::map<std::string, std::string>{
                         {"PORT", "9001"}, {"SAMPLE_COUNT", "7"}, {"STAGEDOOR_ADMIN_TOKEN", "set"}}));
}

TEST_F(ProgramSettingsTest, prefer_flags_over_the_environment) {
    Environment set{{{"PORT", "9000"}, {"SAMPLE_COUNT", "nonsense"}}};
    EXPECT_EQ(program({"--port", "9001", "--count", "5"}).port, 9001);
    EXPECT_EQ(sample({"--count=5"}).count, 5);
}

TEST_F(ProgramSettingsTest, report_all_problems_at_once_and_where_each_value_was_given) {
    Environment set{{{"PORT", "80 80"},
                     {"STAGEDOOR_THREADS", "0"},
                     {"STAGEDOOR_LOG_LEVEL", "loud"},
                     {"STAGEDOOR_PUBLIC_URL", "tickets.example"}}};
    EXPECT_EQ(problems({"--count", "0", "--rate-limits", "maybe", "--views", "/no/such/folder"}),
              (std::vector<std::string>{
                  "PORT=80 80: must be a whole number from 0 to 65535",
                  "STAGEDOOR_PUBLIC_URL=tickets.example: must be scheme and host only, such as "
                  "https://tickets.example",
                  "STAGEDOOR_THREADS=0: must be a whole number from 1 to 64",
                  "--rate-limits=maybe: must be on or off", "--views=/no/such/folder: must be a folder",
                  "STAGEDOOR_LOG_LEVEL=loud: must be debug, info, warning, error or off",
                  "--count=0: must be a whole number from 1 to 10"}));
}

TEST_F(ProgramSettingsTest, are_checked_together_by_their_owner) {
    EXPECT_EQ(problem({"--enabled", "off", "--count", "6"}), "--count is too many");
    EXPECT_EQ(sample({"--enabled", "off"}).enabled, false);
}

TEST_F(ProgramSettingsTest, keep_numbers_within_their_limits) {
    for (auto port : {"0", "1", "65535"}) EXPECT_EQ(program({"--port", port}).port, std::stoi(port));
    for (auto port : {"-1", "65536", "99999999999999999999", "0x50", "80.0", "80x", " 80"}) {
        auto flag = "--port=" + std::string{port};
        EXPECT_TRUE(problem({flag}).starts_with(flag + ": ")) << port;
    }
    EXPECT_EQ(program({"--drain-delay", "0.25"}).drain_delay_milliseconds, 250);
    for (auto delay : {"-1", "61", "nan", "1s"})
        EXPECT_NE(problem({"--drain-delay=" + std::string{delay}}), "");
}

TEST_F(ProgramSettingsTest, accept_a_public_url_of_scheme_and_host_only) {
    for (auto url : {"http://localhost:8080", "https://tickets.example", "https://[::1]:8443"})
        EXPECT_EQ(program({"--public-url", url}).public_url, url);
    for (auto url : {"tickets.example", "https://", "http:///", "ftp://x", "https://x/path", "https://x?q",
                     "https://x#f", "https://x y", "HTTPS://x//"}) {
        EXPECT_NE(problem({"--public-url", url}), "") << url;
    }
}

TEST_F(ProgramSettingsTest, keep_the_public_url_in_its_usual_form) {
    EXPECT_EQ(program({"--public-url", "HTTPS://Tickets.Example:443/"}).public_url,
              "https://tickets.example");
    EXPECT_EQ(program({"--public-url", "http://[0::1]:80"}).public_url, "http://[::1]");
}

TEST_F(ProgramSettingsTest, accept_host_names_of_operators) {
    EXPECT_EQ(program({"--admin-hosts", "Stagedoor,stagedoor.prod.svc"}).admin_hosts,
              (std::vector<std::string>{"stagedoor", "stagedoor.prod.svc"}));
    for (auto wrong : {"a b", "http://a", "a:80", "a/b", "u@a"})
        EXPECT_NE(problem({"--admin-hosts", wrong}), "") << wrong;
}

TEST_F(ProgramSettingsTest, accept_addresses_and_networks_but_no_names) {
    for (auto address : {"127.0.0.1", "0.0.0.0", "::", "::1"})
        EXPECT_EQ(program({"--address", address}).address, address);
    for (auto address : {"nonsense", "localhost", "1.2.3", "127.0.0.1:80", "[::1]", "10.0.0.0/8"}) {
        EXPECT_EQ(problem({"--address", address}),
                  "--address=" + std::string{address} + ": must be an IP address, such as 127.0.0.1 or ::");
    }
    EXPECT_EQ(program({"--trusted-proxies", "10.0.0.0/8,::1,fd00::/8"}).trusted_proxies,
              (std::vector<std::string>{"10.0.0.0/8", "::1", "fd00::/8"}));
    for (auto proxies : {"foo", "10.0.0.0/33", "10.0.0.1,foo", "localhost", "10.0.0.0/", "::1/129"})
        EXPECT_NE(problem({"--trusted-proxies", proxies}), "") << proxies;
}

TEST_F(ProgramSettingsTest, accept_certificates_as_pem) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("bundle")} << "# of ours\n\n-----BEGIN CERTIFICATE-----\nMIIB\n";
    EXPECT_EQ(program({"--ca-file", folder.file("bundle")}).ca_file, folder.file("bundle"));
    std::ofstream{folder.file("binary")} << "0\x82";
    std::ofstream{folder.file("empty")}.flush();
    for (auto name : {"binary", "empty"})
        EXPECT_NE(problem({"--ca-file", folder.file(name)}).find("as PEM"), std::string::npos) << name;
    for (const auto& file : {folder.file("missing"), folder.path().string()})
        EXPECT_NE(problem({"--ca-file", file}).find("must be a file"), std::string::npos) << file;
}

TEST_F(ProgramSettingsTest, take_a_certificate_only_with_its_key) {
    runtime::TemporaryFolder folder;
    fleet::CertificateAuthority authority{folder.path()};
    auto [certificate, key] = authority.issue("orders", {"DNS:orders"});
    auto other = authority.issue("tickets", {"DNS:tickets"});
    const std::vector<std::string> flags{"--tls-certificate", certificate, "--tls-key", key};
    EXPECT_EQ(program(flags).tls_certificate, certificate);
    EXPECT_EQ(program(flags).origin(), "https://localhost:8080");
    EXPECT_FALSE(program().tls());
    EXPECT_EQ(program().origin(), "http://localhost:8080");
    auto mutual = flags;
    mutual.insert(mutual.end(), {"--tls-client-ca", authority.file()});
    EXPECT_EQ(program(mutual).tls_client_ca, authority.file());

    const std::string both = "--tls-certificate and --tls-key are needed together";
    EXPECT_EQ(problem({"--tls-certificate", certificate}), both);
    EXPECT_EQ(problem({"--tls-key", key}), both);
    EXPECT_EQ(problem({"--tls-client-ca", authority.file()}),
              "--tls-client-ca needs --tls-certificate and --tls-key");
    EXPECT_EQ(problem({"--tls-certificate", certificate, "--tls-key", other.key}),
              "TLS: the key in " + other.key + " does not belong to the certificate in " + certificate);
    EXPECT_EQ(problem({"--tls-certificate", key, "--tls-key", key}),
              "TLS: can't use the certificate in " + key + ": no start line");
    EXPECT_TRUE(problem({"--tls-certificate", certificate, "--tls-key", certificate})
                    .starts_with("TLS: can't use the key in " + certificate));
    EXPECT_EQ(problem({"--tls-certificate", "/nowhere", "--tls-key", key}),
              "TLS: can't use the certificate in /nowhere: No such file or directory");
    EXPECT_EQ(problem({"--tls-certificate", certificate, "--tls-key", "/nowhere"}),
              "TLS: can't use the key in /nowhere: No such file or directory");
    EXPECT_EQ(problem({"--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", "/nowhere"}),
              "TLS: can't use the certificates of clients' CA in /nowhere: No such file or directory");
}

TEST_F(ProgramSettingsTest, have_a_socket_for_operators_in_a_folder_that_exists) {
    runtime::TemporaryFolder folder;
    EXPECT_EQ(program({"--admin-socket", folder.file("admin.sock")}).admin_socket, folder.file("admin.sock"));
    EXPECT_EQ(problem({"--admin-socket", "/nowhere/admin.sock"}),
              "--admin-socket=/nowhere/admin.sock: must be in a folder that exists");
    auto longest = std::string(107, 'x');
    EXPECT_EQ(program({"--admin-socket", longest}).admin_socket, longest);
    EXPECT_EQ(problem({"--admin-socket", longest + "x"}),
              "--admin-socket=" + longest + "x: must have at most 107 bytes");
}

TEST_F(ProgramSettingsTest, reject_an_unknown_flag) {
    EXPECT_THROW((void)read({"--prot", "8080"}), CLI::ParseError);
    EXPECT_THROW((void)read({"--port"}), CLI::ParseError);
    EXPECT_THROW((void)read({"--port="}), CLI::ParseError);
}

TEST_F(ProgramSettingsTest, have_addresses_only_of_the_services_that_the_program_calls) {
    EXPECT_THROW((void)read({"--auth-url", "http://auth:8080"}), CLI::ParseError);
    SettingsTest client{{}, {"auth"}, Deployment::own_program};
    Environment set{{{"EVENT_PUBLIC_KEYS", public_keys()}}};
    EXPECT_EQ(client.valid({"--auth-url", "http://a:1/,http://b:2"}).program.services.at("auth"),
              (std::vector<std::string>{"http://a:1", "http://b:2"}));
    EXPECT_NE(client.problem({"--auth-url", "a:1"}), "");
}

TEST_F(ProgramSettingsTest, have_the_cells_that_the_program_calls) {
    SettingsTest client{{}, {"tickets"}, Deployment::own_program};
    Environment set{{{"EVENT_PUBLIC_KEYS", public_keys()}}};
    auto cells = client
                     .valid({"--cells", "1=http://a:1/,2=http://b:2,1=http://c:3", "--cells-since",
                             "2026-12-01T00:00:00Z"})
                     .program.cells;
    EXPECT_EQ(cells.addresses.size(), 2);
    EXPECT_EQ(cells.addresses.at(1).at("payments"), (std::vector<std::string>{"http://a:1", "http://c:3"}));
    EXPECT_EQ(cells.addresses.at(2).at("admissions"), std::vector<std::string>{"http://b:2"});
    EXPECT_EQ(cells.since, Instant::parse("2026-12-01T00:00:00Z"));
    for (const auto* wrong : {"http://a:1", "0=http://a:1", "4096=http://a:1", "1=a:1", "1="})
        EXPECT_NE(client.problem({"--cells", wrong}), "") << wrong;
    EXPECT_NE(client.problem({"--cells-since", "yesterday"}), "");
}

TEST_F(ProgramSettingsTest, take_secrets_from_the_environment_or_a_file_and_not_as_flags) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("secret")} << "sixteen characters and more\nsecond line\n";
    {
        Environment set{{{"SAMPLE_SECRET", "a secret of good length"}}};
        EXPECT_EQ(sample().secret, "a secret of good length");
        EXPECT_THROW((void)read({"--sample-secret", "a secret of good length"}), CLI::ParseError);
    }
    {
        Environment set{{{"SAMPLE_SECRET_FILE", folder.file("secret")}}};
        EXPECT_EQ(sample().secret, "sixteen characters and more");
    }
    EXPECT_EQ(sample().secret, "");
}

// Which systemd passes to one unit only, whatever the environment of earlier versions says.
TEST_F(ProgramSettingsTest, take_secrets_from_credentials_of_systemd_first) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("secret_SAMPLE_SECRET")} << "of a folder of credentials\n";
    Environment set{{{"CREDENTIALS_DIRECTORY", folder.path().string()},
                     {"SAMPLE_SECRET_FILE", "/nowhere"},
                     {"SAMPLE_SECRET", "of the environment, which is second"},
                     {"SHARED_SECRET", "both of them know this"}}};
    EXPECT_EQ(sample().secret, "of a folder of credentials");
    EXPECT_EQ(sample().shared, "both of them know this") << "it is no credential";
    std::ofstream{folder.file("SAMPLE_SECRET")} << "a credential of its own\n";
    EXPECT_EQ(sample().secret, "a credential of its own");
    std::ofstream{folder.file("SAMPLE_SECRET")} << "hunter2\n";
    EXPECT_EQ(problem(), "SAMPLE_SECRET must have at least 16 characters");
    std::ofstream{folder.file("SAMPLE_SECRET")}.flush();
    EXPECT_EQ(problem(),
              "SAMPLE_SECRET: " + folder.file("SAMPLE_SECRET") + ": the file can't be read or is empty");
}

TEST_F(ProgramSettingsTest, say_what_is_wrong_with_a_secret_without_showing_it) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("empty")}.flush();
    {
        Environment set{{{"SAMPLE_SECRET", "hunter2"}}};
        EXPECT_EQ(problem(), "SAMPLE_SECRET must have at least 16 characters");
    }
    for (auto name : {"missing", "empty"}) {
        Environment set{{{"SAMPLE_SECRET_FILE", folder.file(name)}}};
        EXPECT_EQ(problem(),
                  "SAMPLE_SECRET_FILE=" + folder.file(name) + ": the file can't be read or is empty");
    }
}

TEST_F(ProgramSettingsTest, give_a_shared_secret_to_each_service_that_has_it_and_to_no_other) {
    Environment set{
        {{"SHARED_SECRET", "both of them know this"}, {"SAMPLE_SECRET", "one of them knows this"}}};
    auto settings = valid();
    EXPECT_EQ(std::any_cast<Sample>(settings.services.at("sample")).shared, "both of them know this");
    EXPECT_EQ(std::any_cast<Other>(settings.services.at("other")).shared, "both of them know this");
    EXPECT_EQ(settings.services.size(), 2u);
}

TEST_F(ProgramSettingsTest, generate_a_secret_only_if_none_was_given) {
    auto generate = [](const std::string& file) { return "generated in " + file; };
    auto settings = valid();
    options.generate_secrets(settings, generate);
    EXPECT_EQ(std::any_cast<Sample>(settings.services.at("sample")).shared, "generated in shared.secret");
    EXPECT_EQ(std::any_cast<Other>(settings.services.at("other")).shared, "generated in shared.secret");
    EXPECT_EQ(std::any_cast<Sample>(settings.services.at("sample")).secret, "");
    Environment set{{{"SHARED_SECRET", "both of them know this"}}};
    settings = valid();
    options.generate_secrets(settings, generate);
    EXPECT_EQ(std::any_cast<Other>(settings.services.at("other")).shared, "both of them know this");
}

// ---- the keys of events

// The program of a service that signs.
struct SigningSettingsTest : SettingsTest {
    SigningSettingsTest() : SettingsTest({{"auth", sample_group()}}, {}, Deployment::own_program) {}
};

TEST_F(SigningSettingsTest, have_the_private_key_of_the_service_and_the_public_keys_of_all) {
    Environment set{{{"EVENT_KEY", key_text('a')}, {"EVENT_PUBLIC_KEYS", public_keys()}}};
    auto keys = valid().program.event_keys;
    EXPECT_EQ(keys.signing.at("auth").public_key().text(), public_key_text('a'));
    EXPECT_EQ(keys.trusted.at("payments").front().text(), public_key_text('b'));
    EXPECT_EQ(keys.trusted.size(), 2U);
}

TEST_F(SigningSettingsTest, are_required_unless_signatures_are_off) {
    EXPECT_EQ(problems(), (std::vector<std::string>{
                              "EVENT_PUBLIC_KEYS has no key of auth, payments, by which their events "
                              "are verified; see docs/operations/nats.md",
                              "EVENT_KEY is missing: the key that signs the events of auth; see "
                              "docs/operations/nats.md"}));
    EXPECT_FALSE(valid({"--event-signatures", "off"}).program.event_signatures);
    EXPECT_EQ(problems({"--event-signatures=maybe"}).front(),
              "--event-signatures=maybe: must be required or off");
}

TEST_F(SigningSettingsTest, must_belong_together) {
    Environment set{{{"EVENT_KEY", key_text('c')}, {"EVENT_PUBLIC_KEYS", public_keys()}}};
    EXPECT_EQ(problem(), "EVENT_KEY is not the private key of a key of auth in EVENT_PUBLIC_KEYS");
    EXPECT_EQ(valid({"--event-public-keys", public_keys() + ",auth=" + public_key_text('c')})
                  .program.event_keys.trusted.at("auth")
                  .size(),
              2U);
}

TEST_F(SigningSettingsTest, say_what_is_wrong_without_showing_a_private_key) {
    Environment set{{{"EVENT_KEY", "hunter2"}, {"EVENT_PUBLIC_KEYS", public_keys()}}};
    EXPECT_EQ(problems().front(), "EVENT_KEY must be 64 hexadecimal digits");
    for (const auto& keys : {std::string{"auth"}, "auth=" + key_text('g'), "=" + key_text('a'), key_text('a'),
                             public_keys() + ",auth=" + key_text('c') + ",auth=" + key_text('d')})
        EXPECT_NE(problems({"--event-public-keys", keys}).front().find("must look like auth=KEY"),
                  std::string::npos)
            << keys;
}

// A node that contains the two services.
struct NodeSettingsTest : SettingsTest {
    NodeSettingsTest()
        : SettingsTest({{"sample", sample_group()}, {"other", other_group()}}, {}, Deployment::node) {}

    std::map<std::string, std::string> complete{{"SHARED_SECRET", "both of them know this"},
                                                {"SAMPLE_DATABASE_URL", "postgresql://a:b@c/sample"},
                                                {"OTHER_DATABASE_URL", "postgresql://a:b@c/other"},
                                                {"EVENT_PUBLIC_KEYS", public_keys()},
                                                {"NATS_URL", "nats://c:4222"}};
};

TEST_F(NodeSettingsTest, have_a_database_for_each_service_and_one_bus_unless_a_service_has_its_own) {
    {
        Environment set{complete};
        auto program = valid().program;
        EXPECT_EQ(program.connections.at("sample").database_url, "postgresql://a:b@c/sample");
        EXPECT_EQ(program.connections.at("other").database_url, "postgresql://a:b@c/other");
        EXPECT_EQ(program.connections.at("other").nats_url, "");
        EXPECT_EQ(program.nats_url, "nats://c:4222");
    }
    complete.erase("NATS_URL");
    complete["SAMPLE_NATS_URL"] = "nats://sample@c:4222";
    {
        Environment set{complete};
        EXPECT_EQ(problem(), "NATS_URL is missing: the bus, for other");
    }
    complete["OTHER_NATS_URL"] = "nats://other@c:4222";
    Environment set{complete};
    EXPECT_EQ(valid().program.connections.at("other").nats_url, "nats://other@c:4222");
}

TEST_F(NodeSettingsTest, report_what_is_missing_or_wrong_in_a_line_each) {
    EXPECT_EQ(problems(), (std::vector<std::string>{"SHARED_SECRET is missing: what both know",
                                                    "SAMPLE_DATABASE_URL is missing: the database of sample",
                                                    "OTHER_DATABASE_URL is missing: the database of other",
                                                    "NATS_URL is missing: the bus, for sample, other",
                                                    "EVENT_PUBLIC_KEYS has no key of auth, payments, by "
                                                    "which their events are verified; see "
                                                    "docs/operations/nats.md"}));
    complete["OTHER_DATABASE_URL"] = "mysql://root:hush@c/other";
    complete["SAMPLE_NATS_URL"] = "http://c";
    Environment set{complete};
    EXPECT_EQ(problems({"--sample-nats-credentials", "/nowhere"}).size(), 4U);
}

TEST_F(NodeSettingsTest, include_no_setting_of_a_services_own_program) {
    EXPECT_THROW((void)read({"--sample-url", "http://sample:8080"}), CLI::ParseError);
    for (const auto& option : options.all()) EXPECT_NE(option.variable, "DATABASE_URL");
}

TEST_F(ProgramSettingsTest, adapt_to_a_demo) {
    auto settings = valid();
    options.adapt_to_demo(settings);
    EXPECT_EQ(std::any_cast<Sample>(settings.services.at("sample")).name, "demo");
}

TEST(IsLocal, is_true_only_where_nobody_else_can_reach_the_program) {
    EXPECT_TRUE(ProgramSettings{}.is_local());
    EXPECT_TRUE((ProgramSettings{.address = "::1", .public_url = "http://localhost:8080"}.is_local()));
    EXPECT_FALSE((ProgramSettings{.address = "0.0.0.0"}.is_local()));
    EXPECT_FALSE((ProgramSettings{.public_url = "https://tickets.example"}.is_local()));
    EXPECT_FALSE((ProgramSettings{.public_url = "http://localhost.example"}.is_local()));
}

}  // namespace
}  // namespace stagedoor
