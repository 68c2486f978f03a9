// The programs themselves, the same in every shape: settings, errors at start, commands, shutdown.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "common/bus/signature.hpp"
#include "fleet/certificates.hpp"
#include "testing/concurrently.hpp"
#include "testing/http/raw_connection.hpp"
#include "testing/model/customers.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

Ended serve(std::vector<std::string> arguments, const Variables& environment = {}) {
    runtime::TemporaryFolder folder;
    std::vector<std::string> words{"serve"};
    if (std::ranges::find(arguments, "--data") == arguments.end())
        words.insert(words.end(), {"--data", folder.file("data")});
    if (std::ranges::find(arguments, "--port") == arguments.end() && !environment.contains("PORT"))
        words.insert(words.end(), {"--port", "0"});
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run(stagedoor_program(), words, environment);
}

// It exited with `code` and wrote one line to standard error that contains `part`.
void expect_startup_error(const Ended& ended, int code, const std::string& part,
                          Where where = Where::current()) {
    auto lines = std::ranges::count(ended.errors, '\n');
    if (ended.exit.code != code || lines != 1 || ended.errors.find(part) == std::string::npos) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
            << "expected " << code << " and one line with \"" << part << "\"; got " << ended.exit.code
            << " (signal " << ended.exit.signal << "):\n"
            << ended.errors << ended.output;
    }
}

TEST(Program, reports_each_invalid_setting_on_its_own_line) {
    expect_startup_error(serve({"--port", "70000"}), 2, "--port=70000");
    expect_startup_error(serve({"--port", "http"}), 2, "--port=http");
    expect_startup_error(serve({}, {{"PORT", "-1"}}), 2, "PORT=-1");
    expect_startup_error(serve({"--public-url", "tickets.example"}), 2, "--public-url=tickets.example");
    expect_startup_error(serve({}, {{"STAGEDOOR_PUBLIC_URL", "https://tickets.example/shop"}}), 2,
                         "STAGEDOOR_PUBLIC_URL");
    expect_startup_error(serve({"--hold-seconds", "0"}), 2, "--hold-seconds=0");
    expect_startup_error(serve({}, {{"STAGEDOOR_RATE_LIMITS", "perhaps"}}), 2, "STAGEDOOR_RATE_LIMITS");
    expect_startup_error(serve({}, {{"JWT_KEY_SECRET", "short"}}), 2, "JWT_KEY_SECRET");
    EXPECT_EQ(serve({}, {{"JWT_KEY_SECRET", "short"}}).errors.find("short\n"), std::string::npos);
    expect_startup_error(serve({}, {{"JWT_KEY_SECRET_FILE", "/nowhere"}}), 2, "JWT_KEY_SECRET_FILE=/nowhere");
    expect_startup_error(serve({"--address", "0.0.0.0"}), 2, "--payment-provider is missing");
    expect_startup_error(serve({"--public-url", "https://tickets.example"}), 2,
                         "--payment-provider is missing");
    expect_startup_error(serve({"--unknown"}), 2, "--unknown");
    expect_startup_error(serve({"--address", "nonsense"}), 2, "--address=nonsense");
    expect_startup_error(serve({}, {{"STAGEDOOR_TRUSTED_PROXIES", "nonsense"}}), 2,
                         "STAGEDOOR_TRUSTED_PROXIES=nonsense");
    expect_startup_error(run(stagedoor_program(), {}), 2, "");
    expect_startup_error(run(stagedoor_program(), {"nonsense"}), 2, "");

    auto several = serve({"--port", "x", "--log-level", "loud"}, {{"STAGEDOOR_THREADS", "0"}});
    EXPECT_EQ(several.exit.code, 2);
    EXPECT_EQ(std::ranges::count(several.errors, '\n'), 3) << several.errors;
}

TEST(Program, checks_its_settings_without_starting) {
    runtime::TemporaryFolder folder;
    auto right = serve({"--check-config", "--data", folder.file("data")});
    EXPECT_EQ(right.exit.code, 0) << right.errors;
    EXPECT_FALSE(std::filesystem::exists(folder.file("data")));
    EXPECT_EQ(serve({"--check-config", "--port", "x"}).exit.code, 2);
    auto help = run(stagedoor_program(), {"serve", "--help"});
    EXPECT_EQ(help.exit.code, 0);
    for (auto name : {"--port", "--data", "STAGEDOOR_HOLD_SECONDS", "JWT_KEY_SECRET"})
        EXPECT_NE(help.output.find(name), std::string::npos) << name;
}

std::string program_of(const std::string& service) {
    return std::filesystem::path{stagedoor_program()}.parent_path() / ("stagedoor-" + service);
}

// Of auth and payments, the same of both.
const std::string event_key(64, 'a');
std::string event_public_keys() {
    auto key = bus::EventKey::parse(event_key).value().public_key().text();
    return "auth=" + key + ",payments=" + key;
}

TEST(Program, of_one_service_reports_missing_settings_and_unreachable_servers) {
    auto missing = run(program_of("auth"), {"serve"});
    EXPECT_EQ(missing.exit.code, 2);
    for (const auto* name : {"DATABASE_URL", "NATS_URL", "JWT_KEY_SECRET", "MAIL_LINK_SECRET"})
        EXPECT_NE(missing.errors.find(std::string{name} + " is missing: "), std::string::npos)
            << missing.errors;
    EXPECT_NE(missing.errors.find("EVENT_PUBLIC_KEYS has no key of auth, payments"), std::string::npos);
    EXPECT_NE(missing.errors.find("EVENT_KEY is missing: the key that signs the events of auth"),
              std::string::npos);
    EXPECT_EQ(std::ranges::count(missing.errors, '\n'), 6) << missing.errors;

    Variables wrong{{"DATABASE_URL", "mysql://root:hush@127.0.0.1/x"},
                    {"NATS_URL", "http://127.0.0.1"},
                    {"EVENT_PUBLIC_KEYS", event_public_keys()}};
    auto rejected = run(program_of("orders"), {"serve", "--check-config"}, wrong);
    EXPECT_EQ(rejected.exit.code, 2);
    EXPECT_EQ(std::ranges::count(rejected.errors, '\n'), 2) << rejected.errors;
    EXPECT_EQ(rejected.errors.find("hush"), std::string::npos) << "secrets must not be printed";

    Variables unreachable{{"DATABASE_URL", "postgresql://orders:hush@127.0.0.1:1/orders"},
                          {"NATS_URL", "nats://127.0.0.1:1"},
                          {"EVENT_PUBLIC_KEYS", event_public_keys()}};
    expect_startup_error(
        run(program_of("orders"), {"serve", "--port", "0"}, unreachable), 1,
        "can't reach the database at 127.0.0.1:1/orders: Connection refused; is it running?");
}

TEST(Program, as_a_node_reports_missing_settings_and_unreachable_servers) {
    auto missing = run(stagedoor_program(), {"node"});
    EXPECT_EQ(missing.exit.code, 2);
    Variables complete{{"EVENT_PUBLIC_KEYS", event_public_keys()},
                       {"AUTH_EVENT_KEY", event_key},
                       {"PAYMENTS_EVENT_KEY", event_key}};
    for (const auto& [variable, value] : complete)
        EXPECT_NE(missing.errors.find(variable), std::string::npos) << variable;
    for (const auto* name : {"NATS_URL", "JWT_KEY_SECRET", "MAIL_LINK_SECRET", "ADMISSIONS_SECRET"}) {
        EXPECT_NE(missing.errors.find(std::string{name} + " is missing: "), std::string::npos) << name;
        complete[name] = std::string{name} == "NATS_URL" ? "nats://127.0.0.1:1" : "a secret of good length";
    }
    for (const auto* name :
         {"AUTH", "TICKETS", "ORDERS", "EXPIRATION", "PAYMENTS", "ADMISSIONS", "NOTIFICATIONS", "CLIENT"}) {
        auto variable = std::string{name} + "_DATABASE_URL";
        EXPECT_NE(missing.errors.find(variable + " is missing: "), std::string::npos) << name;
        complete[variable] = "postgresql://" + std::string{name} + ":hush@127.0.0.1:1/" + name;
    }
    EXPECT_EQ(std::ranges::count(missing.errors, '\n'), 15) << missing.errors;

    auto valid = run(stagedoor_program(), {"node", "--check-config"}, complete);
    EXPECT_EQ(valid.exit.code, 0) << valid.errors;
    const std::string unreachable =
        "can't reach the database at 127.0.0.1:1/AUTH: Connection refused; is it running?";
    expect_startup_error(run(stagedoor_program(), {"node", "--port", "0"}, complete), 1, unreachable);
    expect_startup_error(run(stagedoor_program(), {"node", "dead-letters"}, complete), 1, unreachable);
    expect_startup_error(run(stagedoor_program(), {"node", "nonsense"}, complete), 2, "see --help");
    auto help = run(stagedoor_program(), {"node", "--help"}).output;
    for (const auto* name : {"ORDERS_DATABASE_URL", "ORDERS_NATS_URL", "--orders-nats-credentials", "grant"})
        EXPECT_NE(help.find(name), std::string::npos) << name;
}

TEST(Program, has_commands_for_dead_letters) {
    runtime::TemporaryFolder folder;
    auto command = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--data", folder.file("data")});
        return run(stagedoor_program(), words);
    };
    auto listed = command({"dead-letters"});
    EXPECT_EQ(listed.exit.code, 0) << listed.errors;
    EXPECT_EQ(listed.output, "0 dead letters\n");
    for (const auto* name : {"dead-letter", "retry-dead-letter", "skip-dead-letter"})
        expect_startup_error(command({name, "orders", "ticket", "x", "1"}), 1, "No such dead letter");
}

TEST(Program, checks_readiness) {
    auto marketplace = make_one_process({.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}, .data = {}});
    marketplace->start();
    auto port = std::to_string(marketplace->server_port());
    for (const auto& program : {stagedoor_program(), program_of("auth"), program_of("client")}) {
        auto name = std::filesystem::path{program}.filename().string();
        auto ready = run(program, {"check-ready"}, {{"PORT", port}});  // needs no other settings of `serve`
        EXPECT_EQ(ready.exit.code, 0) << ready.errors;
        EXPECT_EQ(ready.output, name + ": ready\n");
        EXPECT_EQ(ready.errors, "");
    }
    EXPECT_EQ(marketplace->stop(), 0);
    expect_startup_error(run(stagedoor_program(), {"check-ready", "--port", port}), 1,
                         "not ready: nothing is listening on 127.0.0.1:" + port);
    expect_startup_error(run(stagedoor_program(), {"check-ready", "--port", "0"}), 1, "--port 0");
    expect_startup_error(run(stagedoor_program(), {"check-ready", "--port", "x"}), 2, "--port=x");
}

// A port of 127.0.0.1 on which another program listens.
class PortInUse {
  public:
    PortInUse() {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(socket_, reinterpret_cast<sockaddr*>(&address_), size) != 0 || ::listen(socket_, 1) != 0)
            throw std::runtime_error("can't listen");
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size);
    }
    ~PortInUse() { ::close(socket_); }
    PortInUse(const PortInUse&) = delete;
    PortInUse& operator=(const PortInUse&) = delete;

    [[nodiscard]] std::string number() const { return std::to_string(ntohs(address_.sin_port)); }

  private:
    int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address_{};
};

TEST(Program, reports_a_port_in_use) {
    PortInUse port;
    expect_startup_error(serve({"--port", port.number()}), 1, "in use");
}

// `./run distributed`
Ended serve_distributed(const std::vector<std::string>& arguments) {
    return run(program_of("distributed"), arguments);
}

TEST(Program, of_the_distributed_shape_reports_wrong_options) {
    for (const auto& wrong : {std::vector<std::string>{"--copies", "0"},
                              {"--copies", "nine"},
                              {"--nonsense"},
                              {"nonsense"},
                              {"--port", "70000"},
                              {"--nodes", "9"},
                              {"--nodes", "2", "--copies", "2"},
                              {"--port"}})
        expect_startup_error(serve_distributed(wrong), 2, "; see --help");
    EXPECT_EQ(serve_distributed({"--version"}).output, "stagedoor-distributed 0.1.0\n");
    EXPECT_EQ(serve_distributed({"--help"}).exit.code, 0);
}

TEST(Program, of_the_distributed_shape_tests_its_port_and_folder_before_it_starts_anything) {
    PortInUse port;
    runtime::TemporaryFolder folder;
    auto data = folder.file("data");
    expect_startup_error(serve_distributed({"--port", port.number(), "--data", data}), 1,
                         "can't listen on 127.0.0.1:" + port.number() +
                             ": address already in use; choose another port with --port");
    EXPECT_FALSE(std::filesystem::exists(data));

    expect_startup_error(serve_distributed({"--port", "0", "--data", "/proc/nowhere"}), 1,
                         "can't create the data folder /proc/nowhere: ");

    std::filesystem::create_directory(data);
    auto lock = ::open((data + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::flock(lock, LOCK_EX), 0);
    expect_startup_error(serve_distributed({"--port", "0", "--data", data}), 1,
                         "the data folder " + data + " is in use by another Stagedoor");
    ::close(lock);
}

TEST(Program, shows_the_sample_login_at_every_start) {
    runtime::TemporaryFolder folder;
    for (auto start : {"first", "second"}) {
        Process program{stagedoor_program(),
                        {"serve", "--demo", "--port", "0", "--data", folder.file("data")},
                        {{"STAGEDOOR_DRAIN_DELAY", "0"}, {"STAGEDOOR_LOG_LEVEL", "warning"}},
                        folder.path()};
        auto login = [&] {
            return program.ended() ||
                   program.output().contains(
                       "sign in as demo@stagedoor.example with the password backstage-pass");
        };
        EXPECT_TRUE(becomes_true(login, 60s)) << start;
        auto output = program.output();
        auto url = output.substr(output.find("http://"));
        auto page = Client{url.substr(0, url.find(' '))}.get("/auth/signin");
        page.expect(200, "demo@stagedoor.example").expect(200, "backstage-pass");
        program.signal(SIGTERM);
        EXPECT_EQ(program.wait(20s).code, 0) << start;
    }
}

TEST(Program, prints_urls_that_a_browser_accepts) {
    for (auto [address, host] : {std::pair{"::1", "[::1]"}, {"::", "localhost"}, {"0.0.0.0", "localhost"}}) {
        runtime::TemporaryFolder folder;
        Process program{stagedoor_program(),
                        {"serve", "--port", "0", "--address", address, "--data", folder.file("data")},
                        {{"STAGEDOOR_DRAIN_DELAY", "0"}, {"STAGEDOOR_PAYMENT_PROVIDER", "test"}},
                        folder.path()};
        auto announced = [&] { return program.ended() || program.output().contains("stop with Ctrl-C)"); };
        EXPECT_TRUE(becomes_true(announced, 20s));
        EXPECT_TRUE(program.output().contains(" is ready at http://" + std::string{host} + ":"))
            << program.output() << program.errors();
        program.signal(SIGTERM);
        EXPECT_EQ(program.wait(20s).code, 0);
    }
}

TEST(Program, speaks_tls_and_has_a_socket_for_operators) {
    runtime::TemporaryFolder folder;
    fleet::CertificateAuthority authority{folder.path() / "tls"};
    auto own = authority.issue("stagedoor", {"DNS:localhost", "IP:127.0.0.1"});
    auto socket = folder.file("admin.sock");
    auto port = std::to_string(fleet::free_port()), admin_port = std::to_string(fleet::free_port());
    Variables environment{{"PORT", port},
                          {"STAGEDOOR_ADMIN_PORT", admin_port},
                          {"STAGEDOOR_ADMIN_ADDRESS", "0.0.0.0"},
                          {"STAGEDOOR_ADMIN_SOCKET", socket},
                          {"STAGEDOOR_ADMIN_TOKEN", "the token of the operators"},
                          {"STAGEDOOR_TLS_CERTIFICATE", own.certificate},
                          {"STAGEDOOR_TLS_KEY", own.key},
                          {"STAGEDOOR_TLS_CLIENT_CA", authority.file()},
                          {"STAGEDOOR_DRAIN_DELAY", "0"}};
    Process program{
        stagedoor_program(), {"serve", "--data", folder.file("data")}, environment, folder.path()};
    auto announced = [&] { return program.ended() || program.output().contains("stop with Ctrl-C)"); };
    EXPECT_TRUE(becomes_true(announced, 20s));
    EXPECT_TRUE(program.output().contains(" is ready at https://localhost:" + port)) << program.output();

    auto check = [&](Variables given) {
        given.insert({"PORT", port});
        return run(stagedoor_program(), {"check-ready"}, given);
    };
    EXPECT_EQ(check(environment).output, "stagedoor: ready\n") << check(environment).errors;
    EXPECT_EQ(check({}).exit.code, 1) << "by http";
    runtime::TemporaryFolder strange;
    auto foreign = fleet::CertificateAuthority{strange.path()}.issue("stagedoor", {"DNS:localhost"});
    environment["STAGEDOOR_TLS_CERTIFICATE"] = foreign.certificate;
    environment["STAGEDOOR_TLS_KEY"] = foreign.key;
    EXPECT_EQ(check(environment).exit.code, 1);

    auto curl = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"-sS", "--max-time", "10"});
        return run("/usr/bin/curl", arguments).output;
    };
    EXPECT_TRUE(curl({"--cacert", authority.file(), "--cert", own.certificate, "--key", own.key,
                      "https://localhost:" + port + "/readyz"})
                    .contains("ready"));
    EXPECT_EQ(curl({"--cacert", authority.file(), "https://localhost:" + port + "/readyz"}), "");
    auto admin = "https://localhost:" + admin_port;
    EXPECT_TRUE(curl({"--cacert", authority.file(), admin + "/readyz"}).contains("ready"))
        << "probes have no certificate";
    EXPECT_TRUE(curl({"--cacert", authority.file(), "-H", "Authorization: Bearer the token of the operators",
                      admin + "/metrics"})
                    .contains("stagedoor_tls_"));
    EXPECT_EQ(curl({"http://localhost:" + admin_port + "/readyz"}), "");
    EXPECT_TRUE(curl({"--unix-socket", socket, "http://localhost/metrics"}).contains("stagedoor_http_"));
    EXPECT_TRUE(curl({"--unix-socket", socket, "http://attacker.example/metrics"}).contains("\"errors\""));

    expect_startup_error(serve({"--admin-socket", socket}), 1, "another program uses it");
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait(20s).code, 0);
    EXPECT_FALSE(std::filesystem::exists(socket));
}

TEST(Program, reports_each_unusable_certificate_in_one_line) {
    runtime::TemporaryFolder folder;
    fleet::CertificateAuthority authority{folder.path()};
    auto one = authority.issue("one", {"DNS:localhost"}), other = authority.issue("other", {"DNS:localhost"});
    expect_startup_error(serve({"--tls-certificate", one.certificate}), 2, "are needed together");
    expect_startup_error(serve({"--tls-certificate", "/nowhere", "--tls-key", one.key}), 2,
                         "TLS: can't use the certificate in /nowhere: No such file or directory");
    expect_startup_error(serve({"--tls-certificate", one.certificate, "--tls-key", other.key}), 2,
                         "does not belong to the certificate in " + one.certificate);
    expect_startup_error(serve({"--tls-client-ca", authority.file()}), 2, "needs --tls-certificate");
}

TEST(Program, reports_a_data_folder_in_use) {
    runtime::TemporaryFolder folder;
    auto first = make_one_process({.environment = {}, .data = folder.file("data")});
    first->start();
    expect_startup_error(serve({"--data", folder.file("data")}), 1, folder.file("data"));
    Client{first->base_url()}.get("/readyz").expect(200);
    EXPECT_EQ(first->stop(), 0);
    auto next = make_one_process({.environment = {}, .data = folder.file("data")});
    next->start();
    next->kill();
}

TEST(Program, reports_a_file_that_is_not_a_database) {
    runtime::TemporaryFolder folder;
    std::filesystem::create_directories(folder.file("data"));
    std::ofstream{folder.file("data/orders.db")} << std::string(10'000, 'x');
    expect_startup_error(serve({"--data", folder.file("data")}), 1, "orders.db");
    EXPECT_EQ(read_file(folder.file("data/orders.db")),
              std::string(10'000, 'x'));  // unchanged, so that it can be repaired
}

TEST(Program, reports_a_damaged_database) {
    runtime::TemporaryFolder folder;
    {
        auto first = make_one_process({.environment = {}, .data = folder.file("data")});
        first->start();
        EXPECT_EQ(first->stop(), 0);
    }
    auto size = std::filesystem::file_size(folder.file("data/orders.db"));
    std::fstream file{folder.file("data/orders.db"), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(100);
    file << std::string(size - 100, '\xAA');
    file.close();
    expect_startup_error(serve({"--data", folder.file("data")}), 1, "orders.db");
}

TEST(Program, reports_a_changed_secret) {
    runtime::TemporaryFolder folder;
    Variables one{{"JWT_KEY_SECRET", "the secret of the first start"}},
        two{{"JWT_KEY_SECRET", "the secret of the second start"}};
    auto first = make_one_process({.environment = one, .data = folder.file("data")});
    first->start();
    EXPECT_EQ(first->stop(), 0);
    expect_startup_error(serve({"--data", folder.file("data")}, two), 1, "JWT_KEY_SECRET");
}

TEST(Program, replaces_its_secret_and_keeps_everybody_signed_in) {
    runtime::TemporaryFolder folder;
    const std::string first_secret = "the secret of the first start",
                      second_secret = "the secret of all later ones";
    User ada;
    auto start = [&](const Variables& environment) {
        auto program = make_one_process({.environment = environment, .data = folder.file("data")});
        program->start();
        if (ada.id.empty()) ada = sign_up(program->base_url());
        ada.at(program->base_url()).get("/api/users/sessions").expect(200);
        EXPECT_EQ(program->stop(), 0);
    };
    start({{"JWT_KEY_SECRET", first_secret}});
    start({{"JWT_KEY_SECRET", second_secret}, {"JWT_KEY_SECRET_PREVIOUS", first_secret}});
    start({{"JWT_KEY_SECRET", second_secret}});
    expect_startup_error(serve({"--data", folder.file("data")}, {{"JWT_KEY_SECRET", second_secret},
                                                                 {"JWT_KEY_SECRET_PREVIOUS", second_secret}}),
                         2, "JWT_KEY_SECRET_PREVIOUS is the same as JWT_KEY_SECRET");
}

TEST(Program, withdraws_a_stolen_key) {
    runtime::TemporaryFolder folder;
    auto command = [&](const std::string& id) {
        return run(stagedoor_program(), {"retire-key", id, "--data", folder.file("data")});
    };
    auto program = make_one_process({.environment = {}, .data = folder.file("data")});
    program->start();
    auto ada = sign_up(program->base_url());
    auto stolen = Client{program->base_url()}.get("/api/users/jwks.json").at("keys[0].kid");
    expect_startup_error(command(stolen), 1, folder.file("data"));  // in use
    EXPECT_EQ(program->stop(), 0);
    expect_startup_error(command("unknown"), 1, "no signing key in use has the id unknown");
    auto done = command(stolen);
    EXPECT_EQ(done.exit.code, 0) << done.errors;
    EXPECT_TRUE(done.output.contains(stolen + " withdrawn")) << done.output;

    program->start();
    auto anonymous = Client{program->base_url()};
    auto keys = anonymous.get("/api/users/jwks.json");
    EXPECT_EQ(keys.body.find(stolen), std::string::npos) << keys.body;
    for (const auto* path :
         {"/api/users/sessions", "/api/tickets/mine", "/api/orders", "/api/payments/balance"})
        EXPECT_EQ(ada.at(program->base_url()).get(path).status, 401) << path;
    (void)sign_up(program->base_url());
    EXPECT_EQ(program->stop(), 0);
}

TEST(Program, imports_listings_and_says_whether_it_took_all) {
    runtime::TemporaryFolder folder;
    auto data = folder.file("data");
    auto program = make_one_process({.environment = {}, .data = data});
    program->start();
    auto ada = sign_up(program->base_url());
    auto file = folder.file("shows.csv");
    std::ofstream{file} << "title,price,quantity\nLate Schubert,42.00,3\nNo price,,3\n";
    auto command = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--data", data});
        return run(stagedoor_program(), words);
    };
    expect_startup_error(command({"import", ada.email, file}), 1, data);  // in use
    EXPECT_EQ(program->stop(), 0);

    EXPECT_EQ(command({"user", ada.email}).output, ada.id + "\n");
    expect_startup_error(command({"user", "nobody@example.com"}), 1,
                         "no user has the id or email nobody@example.com");
    expect_startup_error(command({"import", "nobody@example.com", file}), 1,
                         "no user has the id or email nobody@example.com");
    expect_startup_error(command({"import", ada.email, folder.file("missing.csv")}), 1,
                         "can't open missing.csv: No such file or directory");
    expect_startup_error(command({"import", ada.email}), 2, "file is required");
    expect_startup_error(command({"import", ada.email, file, "--format", "xml"}), 2, "--format");
    auto checked = command({"import", ada.id, file, "--check"});
    EXPECT_EQ(checked.exit.code, 3);
    EXPECT_EQ(checked.output, "1 listing of shows.csv can be imported\n1 line was rejected\n");
    auto imported = command({"import", ada.email, file, "--report", folder.file("report")});
    EXPECT_EQ(imported.exit.code, 3) << imported.errors;
    EXPECT_TRUE(imported.errors.contains("line 3: price: is missing\n")) << imported.errors;
    EXPECT_EQ(read_file(folder.file("report")), R"({"line":3,"field":"price","message":"is missing"})"
                                                "\n");
    EXPECT_EQ(command({"import", ada.email, file, "--again"}).exit.code, 3);

    program->start();
    auto mine = ada.at(program->base_url()).get("/api/tickets/mine").expect(200);
    EXPECT_EQ(mine.count(), 2u) << mine.body;
    auto buyer = sign_up(program->base_url());
    order(buyer.at(program->base_url()), {{mine.at("[0].id"), 3}}).expect(201);
    EXPECT_EQ(program->stop(), 0);
}

TEST(Program, reports_a_data_folder_that_is_not_writable) {
    expect_startup_error(serve({"--data", "/proc/stagedoor"}), 1, "/proc/stagedoor");
    expect_startup_error(serve({"--data", "/dev/null/data"}), 1, "/dev/null/data");
    runtime::TemporaryFolder folder;
    auto closed = folder.file("closed");
    std::filesystem::create_directories(closed);
    ::chmod(closed.c_str(), 0500);
    ::chmod(folder.path().c_str(), 0755);
    std::vector<std::string> words{"serve", "--port", "0", "--data", closed};
    auto program = stagedoor_program();
    if (::geteuid() ==
        0) {  // root ignores permissions, so run it as nobody, from a folder that everybody can read
        auto copy = folder.file("stagedoor");
        std::filesystem::copy_file(program, copy);
        words.insert(words.begin(), {"--reuid=65534", "--regid=65534", "--clear-groups", copy});
        program = "/usr/bin/setpriv";
        ASSERT_EQ(::chown(closed.c_str(), 65534, 65534), 0);
    }
    expect_startup_error(run(program, words), 1, closed);
}

// Simulates a full disk with a file size limit; SIGXFSZ is ignored.
std::vector<std::string> with_file_limit(std::string_view blocks, std::vector<std::string> words) {
    words.insert(words.begin(),
                 {"-c", "trap '' XFSZ; ulimit -f " + std::string{blocks} + "; exec \"$0\" \"$@\"",
                  stagedoor_program()});
    return words;
}

TEST(Program, reports_a_full_disk) {
    runtime::TemporaryFolder folder;
    auto ended =
        run("/bin/sh", with_file_limit("8", {"serve", "--port", "0", "--data", folder.file("data")}));
    expect_startup_error(ended, 1, folder.file("data"));
    auto next = make_one_process(
        {.environment = {}, .data = folder.file("data")});  // starts once there is space again
    next->start();
    EXPECT_EQ(next->stop(), 0);
}

TEST(Program, recovers_when_a_full_disk_has_space_again) {
    runtime::TemporaryFolder folder, output_folder;
    Process process{"/bin/sh",
                    with_file_limit("unlimited", {"serve", "--port", "0", "--data", folder.file("data")}),
                    {},
                    output_folder.path()};
    std::string url;
    ASSERT_TRUE(becomes_true(
        [&] {
            auto output = process.output();
            auto at = output.find("http://localhost:");
            if (at != std::string::npos)
                url = "http://127.0.0.1:" + std::to_string(std::atoi(output.c_str() + at + 17));
            return !url.empty();
        },
        10s))
        << process.errors();
    auto seller = sign_up(url).at(url);
    auto before = list_ticket(seller);

    rlimit unlimited{}, none{};
    ASSERT_EQ(::prlimit(process.id(), RLIMIT_FSIZE, nullptr, &unlimited), 0);
    none = unlimited;
    none.rlim_cur = 1;
    ASSERT_EQ(::prlimit(process.id(), RLIMIT_FSIZE, &none, nullptr), 0);
    Client{url}.get("/api/tickets/" + before).expect(200);  // reads need no space
    RawConnection writer{static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)))};
    std::string body = R"({"email":"full@example.com","password":"seven green umbrellas"})";
    (void)writer.send(
        "POST /api/users/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    auto response = writer.read();
    response.expect(503);
    EXPECT_FALSE(response.header("Retry-After").empty());
    ASSERT_EQ(::prlimit(process.id(), RLIMIT_FSIZE, &unlimited, nullptr), 0);
    EXPECT_TRUE(becomes_true([&] { return send(url, {.target = "/readyz"}).status == 200; }, 5s));
    (void)list_ticket(seller);
    (void)sign_up(url, "full@example.com");  // the failed sign-up left nothing behind
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(12s).code, 0);
}

TEST(Program, drains_at_sigterm_and_exits_with_0_within_10_seconds) {
    runtime::TemporaryFolder folder;
    std::filesystem::create_directories(folder.file("output"));
    Process process{stagedoor_program(),
                    {"serve", "--port", "0", "--data", folder.file("data")},
                    {},
                    folder.file("output")};
    std::uint16_t port = 0;
    ASSERT_TRUE(becomes_true(
        [&] {
            auto output = process.output();
            auto at = output.find("http://localhost:");
            if (at != std::string::npos)
                port = static_cast<std::uint16_t>(std::atoi(output.c_str() + at + 17));
            return port != 0;
        },
        10s))
        << process.errors();
    auto url = "http://127.0.0.1:" + std::to_string(port);
    auto user = sign_up(url);
    RawConnection idle{port}, in_flight{port};
    (void)idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(idle.read().status, 200);
    std::string body = Offer{}.json();
    (void)in_flight.send(
        "POST /api/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nCookie: " + user.cookie +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 10));

    auto start = std::chrono::steady_clock::now();
    process.signal(SIGTERM);
    EXPECT_TRUE(becomes_true([&] { return send(url, {.target = "/readyz"}).status == 503; }, 1s));
    RawConnection late{port};  // still accepted, but asked to close
    (void)late.send("GET /api/tickets HTTP/1.1\r\nHost: x\r\n\r\n");
    auto response = late.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Connection"), "close");
    EXPECT_TRUE(becomes_true(
        [&] {
            try {
                RawConnection refused{port};
                return false;
            } catch (const NoResponse&) {
                return true;
            }
        },
        5s));
    (void)in_flight.send(body.substr(10));  // requests in flight finish after the listener is closed
    EXPECT_EQ(in_flight.read().status, 201);
    EXPECT_TRUE(idle.is_closed_within(5s));
    auto exit = process.wait(10s);
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    EXPECT_EQ(exit.code, 0) << process.errors();
    EXPECT_LT(took, 10s);
    std::cout << "drained in " << took.count() << " ms" << std::endl;
}

TEST(Program, shuts_down_cleanly_while_it_starts) {
    for (int wait_ms : {0, 20, 50, 100, 200, 400}) {
        runtime::TemporaryFolder folder;
        auto marketplace =
            make_one_process({.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}, .data = folder.file("data")});
        marketplace->launch();
        EXPECT_TRUE(becomes_true([&] { return std::filesystem::exists(folder.file("data/lock")); }, 5s, 1ms));
        std::this_thread::sleep_for(std::chrono::milliseconds{wait_ms});  // some moment during the start
        try {
            EXPECT_EQ(marketplace->stop(10s), 0);
        } catch (const std::exception& error) {
            ADD_FAILURE() << "after " << wait_ms << " ms: " << error.what();
        }
    }
}

}  // namespace
}  // namespace stagedoor::testing
