#include "common/service/program.hpp"

#include <malloc.h>
#include <poll.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>

#include "common/http/server/server.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/version.hpp"
#include "common/service/check_ready.hpp"
#include "common/service/dead_letters.hpp"
#include "common/service/infrastructure.hpp"
#include "common/service/options.hpp"
#include "common/service/startup_error.hpp"

namespace stagedoor {
namespace {

namespace asio = boost::asio;

log::Level level_of(const std::string& name) {
    if (name == "debug") return log::Level::debug;
    if (name == "warning") return log::Level::warning;
    if (name == "error") return log::Level::error;
    return name == "off" ? log::Level::off : log::Level::info;
}

// As many as the server's own limit, if the system gives that many descriptors; some are for the databases.
std::size_t connection_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = 1024;
    constexpr rlim_t others = 256;
    auto most = files.rlim_cur > 2 * others ? files.rlim_cur - others : files.rlim_cur / 2;
    return std::min(http::ServerOptions{}.connection_limit, static_cast<std::size_t>(most));
}

// The soft limit is often 1024 for the sake of programs that select(); this one doesn't.
void raise_descriptor_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);  // else connection_limit() makes do with less
}

// To standard output, unless its reader stands still: no line is worth waiting for it.
void say(const std::string& line) {
    pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&output, 1, 0) > 0) std::cout << line << std::endl;
}

std::unique_ptr<http::Server> open_server(Infrastructure& base,
                                          std::vector<std::unique_ptr<runtime::EventLoopThread>>& loops,
                                          std::int64_t port, const std::string& address,
                                          http::ServerOptions options, http::Handler handler) {
    options.address = address;
    options.port = static_cast<std::uint16_t>(port);
    options.trusted_proxies = base.settings.trusted_proxies;
    std::vector<runtime::Executor> executors;
    for (auto& loop : loops) executors.push_back(loop->executor());
    return http::serve(options, std::move(handler), executors, *base.clock, base.random, base.metrics);
}

// The operator's wish for the end; one that comes while the program still starts is not lost.
class EndSignal {
  public:
    EndSignal() {
        signals_.async_wait([](boost::system::error_code, int) {});
    }
    // Whether it came by now.
    bool came() {
        context_.poll();
        return context_.stopped();  // nothing is left to wait for
    }
    void wait() {
        if (!came()) context_.run();
    }

  private:
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
};

void announce(const Settings& settings, const Program& program, std::uint16_t port,
              std::chrono::steady_clock::time_point begun) {
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    log::info("ready", {{"program", program.name}, {"port", port}, {"after_ms", took.count()}});
    auto host = settings.address == "127.0.0.1" ? "localhost" : settings.address;
    auto url = "http://" + host + ":" + std::to_string(port);
    auto data = program.deployment == Deployment::one_process ? "data in " + settings.data + ", " : "";
    say(program.name + " is ready at " + url + "  (" + data + "Ctrl-C ends it)");
    if (settings.mail_page.value_or(false) && settings.smtp_url.empty())
        say("mails are not sent but shown, to everybody, at " + url + "/dev/mails");
}

// False when the operator wants the end before it is ready. The keys of a program of its own come when auth and the bus
// are there, whenever that is; those of one process come at once or never.
bool become_ready(Infrastructure& base, Deployment deployment, EndSignal& end_signal) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    auto waits = base.background.wait_for(base.host->wait_until_ready([&] {
        return end_signal.came() ||
               (deployment == Deployment::one_process && std::chrono::steady_clock::now() >= limit);
    }));
    if (end_signal.came()) return false;
    if (!waits.empty())
        throw StartupError(waits + " waits for the keys that sessions are signed with; see the log");
    return true;
}

int serve(const Settings& given, const Program& program, bool demo) {
    auto begun = std::chrono::steady_clock::now();
    EndSignal end_signal;
    auto settings = given;
    if (demo) settings.suit_demo();
    Infrastructure base{std::move(settings), program.deployment, program.services};
    std::vector<std::unique_ptr<runtime::EventLoopThread>> loops;
    std::unique_ptr<http::Server> server, admin;
    auto end = [&] {
        for (auto& loop : loops) loop->stop();  // first: no request runs on what ends now
        base.background.wait_for(base.host->stop());
        base.background.stop();
        base.close();  // while the stopped loops still exist: what waited for it goes back there
        server.reset();
        admin.reset();
    };
    try {
        base.background.wait_for(base.host->start());
        for (std::int64_t i = 0; i < base.settings.threads; ++i)
            loops.push_back(std::make_unique<runtime::EventLoopThread>());
        auto* host = base.host.get();
        // Together with what comes after it, the drain stays within the 10 s that whoever sent SIGTERM waits.
        http::ServerOptions options{
            .connection_limit = connection_limit(),
            .drain_delay = std::chrono::milliseconds{base.settings.drain_delay_milliseconds},
            .drain_limit = std::chrono::seconds{6}};
        server = open_server(base, loops, base.settings.port, base.settings.address, options,
                             [host](http::Request& request) { return host->handle(request); });
        if (base.settings.admin_port != 0) {
            http::ServerOptions at_once{
                .connection_limit = 64, .drain_delay = {}, .drain_limit = std::chrono::seconds{1}};
            admin = open_server(base, loops, base.settings.admin_port, "127.0.0.1", at_once,
                                [host](http::Request& request) { return host->handle_admin(request); });
        }
        if (become_ready(base, program.deployment, end_signal)) {
            announce(base.settings, program, server->port(), begun);
            if (demo && program.demo) base.background.wait_for(program.demo(*base.host, base.settings.data));
        }
    } catch (...) {
        end();  // whatever runs in the background must not outlive what it runs on
        throw;
    }

    end_signal.wait();
    say(program.name + " drains …");
    auto drained = server->drain();
    base.host->set_draining();
    base.background.wait_for(std::move(drained));
    if (admin) base.background.wait_for(admin->drain());
    end();
    log::info("ended", {{"program", program.name}});
    return 0;
}

int run_command(const Settings& given, const Program& program, const Command& command,
                const std::vector<std::string>& arguments) {
    Infrastructure base{given, program.deployment, program.services};
    auto code = base.background.wait_for(command.run(*base.host, arguments));
    base.background.stop();
    base.close();
    return code;
}

}  // namespace

int run(int argc, char** argv, const Program& program) {
    ::umask(S_IRWXG | S_IRWXO);  // what it writes holds password hashes and sealed keys
    std::signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        std::cerr << program.name << ": the system gives no randomness" << std::endl;
        return 1;
    }
    raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2);  // many threads, little heap each: keeps idle memory small
    CLI::App app{program.name + ", a ticket marketplace"};
    app.require_subcommand(1);
    app.set_version_flag("--version", program.name + " " + std::string{runtime::version()});
    std::map<std::string, std::string> given;
    bool demo = false, check_only = false;

    auto* serve_command = app.add_subcommand("serve", "run until Ctrl-C or SIGTERM");
    add_options(*serve_command, program.deployment, given);
    serve_command->add_flag("--check-config", check_only, "say whether the settings are right, and end");
    if (program.demo)
        serve_command->add_flag("--demo", demo, "fill an empty marketplace with sample sellers and listings");
    auto* check_command = app.add_subcommand("check-ready", "ask the running one whether it is ready");
    add_options(*check_command, program.deployment, given, Wanted::where_it_listens);
    std::map<const CLI::App*, const Command*> commands;
    std::map<const CLI::App*, std::vector<std::string>> positional;
    auto all_commands = program.commands;
    for (auto& each : dead_letter_commands()) all_commands.push_back(std::move(each));
    for (const auto& command : all_commands) {
        auto* sub = app.add_subcommand(command.name, command.help);
        add_options(*sub, program.deployment, given);
        auto& values = positional[sub];
        values.resize(command.arguments.size());
        for (std::size_t i = 0; i < values.size(); ++i)
            sub->add_option(command.arguments[i], values[i])->required();
        commands[sub] = &command;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << program.name << ": " << error.what() << "; see --help" << std::endl;
        return 2;
    }

    auto* chosen = app.get_subcommands().front();
    auto asks_only = chosen == check_command;
    auto settings = asks_only
                        ? read_settings(*chosen, program.deployment, given, {}, Wanted::where_it_listens)
                        : read_settings(*chosen, program.deployment, given, program.required);
    if (!settings) {
        for (const auto& problem : settings.error())
            std::cerr << program.name << ": " << problem << std::endl;
        return 2;
    }
    if (check_only) {
        std::cout << "the settings are right" << std::endl;
        return 0;
    }
    if (asks_only) return check_ready(program.name, *settings);
    log::start(level_of(settings->log_level));
    int code = 1;
    try {
        code = chosen == serve_command
                   ? serve(*settings, program, demo)
                   : run_command(*settings, program, *commands.at(chosen), positional.at(chosen));
    } catch (const std::exception& error) {
        std::cerr << program.name << ": " << error.what() << std::endl;
    }
    log::stop();
    return code;
}

}  // namespace stagedoor
