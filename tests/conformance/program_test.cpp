// The program itself: errors at start, shutdown, time to ready and memory.
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

#include "testing/http/raw_connection.hpp"
#include "tests/conformance/shared_marketplace.hpp"

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

TEST(Program, of_one_service_reports_missing_settings_and_unreachable_servers) {
    auto missing = run(program_of("auth"), {"serve"});
    EXPECT_EQ(missing.exit.code, 2);
    for (const auto* name : {"DATABASE_URL", "NATS_URL", "JWT_KEY_SECRET", "MAIL_LINK_SECRET"})
        EXPECT_NE(missing.errors.find(std::string{name} + " is missing: "), std::string::npos)
            << missing.errors;
    EXPECT_EQ(std::ranges::count(missing.errors, '\n'), 4) << missing.errors;

    Variables wrong{{"DATABASE_URL", "mysql://root:hush@127.0.0.1/x"}, {"NATS_URL", "http://127.0.0.1"}};
    auto rejected = run(program_of("orders"), {"serve", "--check-config"}, wrong);
    EXPECT_EQ(rejected.exit.code, 2);
    EXPECT_EQ(std::ranges::count(rejected.errors, '\n'), 2) << rejected.errors;
    EXPECT_EQ(rejected.errors.find("hush"), std::string::npos) << "secrets must not be printed";

    Variables unreachable{{"DATABASE_URL", "postgresql://orders:hush@127.0.0.1:1/orders"},
                          {"NATS_URL", "nats://127.0.0.1:1"}};
    expect_startup_error(
        run(program_of("orders"), {"serve", "--port", "0"}, unreachable), 1,
        "can't reach the database at 127.0.0.1:1/orders: Connection refused; is it running?");
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
    auto marketplace = make_marketplace({.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}});
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
                        {{"STAGEDOOR_DRAIN_DELAY", "0"}},
                        folder.path()};
        auto announced = [&] { return program.ended() || program.output().contains("stop with Ctrl-C)"); };
        EXPECT_TRUE(becomes_true(announced, 20s));
        EXPECT_TRUE(program.output().contains(" is ready at http://" + std::string{host} + ":"))
            << program.output() << program.errors();
        program.signal(SIGTERM);
        EXPECT_EQ(program.wait(20s).code, 0);
    }
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

// Waits for a slow charge, but not for one with an unknown outcome, which the next start resolves.
TEST(Program, drains_while_charges_are_in_flight) {
    auto marketplace = make_marketplace({});
    marketplace->start();
    auto url = marketplace->base_url();
    auto seller = sign_up(url).at(url), buyer = sign_up(url).at(url);
    auto ticket = list_ticket(seller, {.quantity = 2});
    auto slow = order(buyer, {{ticket}}).expect(201).at("id"),
         silent = order(buyer, {{ticket}}).expect(201).at("id");
    auto databases = marketplace->databases();
    auto charging = [&] {
        return databases->number("payments", "SELECT count(*) FROM payments WHERE status = 'charging'");
    };
    all_at_once(3, [&](int i) {
        if (i == 0) {
            pay(buyer, slow, slow_card).expect(201);
        } else if (i == 1) {
            try {
                pay(buyer, silent, lost_response_card).expect(503);
            } catch (const NoResponse&) {
            }
        } else {
            EXPECT_TRUE(becomes_true([&] { return charging() == 2; }, 5s, 1ms));
            EXPECT_EQ(marketplace->stop(10s), 0);
        }
    });
    EXPECT_EQ(charging(), 1);
    marketplace->start();
    expect_invariants_hold(*marketplace);
    for (const auto& each : {slow, silent})
        EXPECT_EQ(buyer.get("/api/orders/" + each).at("status"), "complete");
    EXPECT_EQ(marketplace->stop(), 0);
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

// The distributed shape starts 14 programs at once, on two cores.
TEST(Program, is_ready_soon_on_existing_data_and_small_when_idle) {
    auto marketplace =
        make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}, {"STAGEDOOR_DRAIN_DELAY", "0"}}});
    auto first = marketplace->start();
    auto users = sign_up_many(marketplace->base_url(), 20);
    parallel_for(2000, 4, [&](int i) {
        (void)list_ticket(users[static_cast<std::size_t>(i % 20)].at(marketplace->base_url()),
                          {.title = "Listing " + std::to_string(i)});
    });
    auto after_load = marketplace->resident_kib();
    auto best = std::chrono::milliseconds::max();
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(marketplace->stop(), 0);
        best = std::min(best, marketplace->start());
    }
    auto idle = marketplace->resident_kib();
    std::cout << "ready after " << first.count() << " ms on no data, " << best.count()
              << " ms on existing data; " << after_load / 1024 << " MiB after load, " << idle / 1024
              << " MiB idle" << std::endl;
    EXPECT_LT(best, is_distributed() ? 3s : 1s);
    EXPECT_LT(idle, 100 * 1024);
    EXPECT_LT(after_load, 100 * 1024);
    EXPECT_EQ(users[0].at(marketplace->base_url()).get("/api/tickets/mine").expect(200).count(),
              50u);  // sessions survive a restart
    expect_invariants_hold(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

TEST(Program, honours_its_public_url) {
    auto marketplace =
        make_marketplace({.environment = {{"STAGEDOOR_PUBLIC_URL", "https://tickets.example"}}});
    marketplace->start();
    auto reply =
        Client{marketplace->base_url()}
            .with("Origin", "https://tickets.example")
            .post("/api/users/signup", R"({"email":"a@example.com","password":"seven green umbrellas"})")
            .expect(201);
    auto set = std::string{reply.header("Set-Cookie")};
    EXPECT_TRUE(set.starts_with("__Host-session=")) << set;
    EXPECT_NE(set.find("Secure"), std::string::npos) << set;
    auto plain = reply.cookie().substr(7);  // with https the plain cookie name is ignored
    Client{marketplace->base_url()}.with("Cookie", plain).get("/api/orders").expect(401);
    Client{marketplace->base_url()}.with("Cookie", reply.cookie()).get("/api/orders").expect(200);
    marketplace->kill();
}

}  // namespace
}  // namespace stagedoor::testing
