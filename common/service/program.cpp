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
#include "common/service/listen_url.hpp"
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

// The server's own limit, or less if the system allows fewer descriptors. Databases need some of those, too.
std::size_t connection_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = 1024;
    constexpr rlim_t reserved = 256;
    auto max_connections = files.rlim_cur > 2 * reserved ? files.rlim_cur - reserved : files.rlim_cur / 2;
    return std::min(http::ServerOptions{}.connection_limit, static_cast<std::size_t>(max_connections));
}

// The soft limit is often 1024, for programs that call select(); this one doesn't.
void raise_descriptor_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);  // if it fails, connection_limit() is lower
}

// Drops the line if the reader of standard output is stuck, instead of waiting for it.
void print_line(const std::string& line) {
    pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&output, 1, 0) > 0) std::cout << line << std::endl;
}

std::unique_ptr<http::Server> open_server(Infrastructure& base,
                                          std::vector<std::unique_ptr<runtime::EventLoopThread>>& loops,
                                          std::int64_t port, const std::string& address,
                                          http::ServerOptions options, http::Handler handler) {
    options.address = address;
    options.port = static_cast<std::uint16_t>(port);
    options.trusted_proxies = base.settings.program.trusted_proxies;
    std::vector<runtime::Executor> executors;
    for (auto& loop : loops) executors.push_back(loop->executor());
    return http::serve(options, std::move(handler), executors, *base.clock, base.random, base.metrics);
}

// SIGINT or SIGTERM. One that arrives while the program is starting is not lost.
class ShutdownSignal {
  public:
    ShutdownSignal() {
        signals_.async_wait([](boost::system::error_code, int) {});
    }
    bool received() {
        context_.poll();
        return context_.stopped();  // the wait for a signal has ended
    }
    void wait() {
        if (!received()) context_.run();
    }

  private:
    asio::io_context context_{1};
    asio::signal_set signals_{context_, SIGINT, SIGTERM};
};

void announce(Infrastructure& base, const Program& program, std::uint16_t port,
              std::chrono::steady_clock::time_point started_at) {
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_at);
    log::info("ready", {{"program", program.name}, {"port", port}, {"after_ms", took.count()}});
    const auto& settings = base.settings.program;
    auto url = listen_url(settings.address, port);
    auto data = program.deployment == Deployment::one_process ? "data in " + settings.data + ", " : "";
    print_line(program.name + " is ready at " + url + "  (" + data + "stop with Ctrl-C)");
    for (const auto& line : base.host->startup_lines(url)) print_line(line);
}

// Returns false if a shutdown signal arrives first. A service's own program waits for auth and the bus as
// long as it takes. One process has its keys at once or never: throws StartupError after 30 s.
bool become_ready(Infrastructure& base, Deployment deployment, ShutdownSignal& shutdown) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    auto waiting = base.background.wait_for(base.host->wait_until_ready([&] {
        return shutdown.received() ||
               (deployment == Deployment::one_process && std::chrono::steady_clock::now() >= deadline);
    }));
    if (shutdown.received()) return false;
    if (!waiting.empty())
        throw StartupError(waiting + " is waiting for the session signing keys; see the log");
    return true;
}

int serve(Settings settings, const Options& options, const Program& program, bool demo) {
    auto started_at = std::chrono::steady_clock::now();
    ShutdownSignal shutdown;
    if (demo) options.adapt_to_demo(settings);
    Infrastructure base{std::move(settings), options, program.deployment, program.services};
    std::vector<std::unique_ptr<runtime::EventLoopThread>> loops;
    std::unique_ptr<http::Server> server, admin;
    auto stop = [&] {
        for (auto& loop : loops) loop->stop();  // first, so that no request uses what stops next
        base.background.wait_for(base.host->stop());
        base.background.stop();
        base.close();  // while the stopped loops exist: its callers are resumed on them
        server.reset();
        admin.reset();
    };
    try {
        base.background.wait_for(base.host->start());
        for (std::int64_t i = 0; i < base.settings.program.threads; ++i)
            loops.push_back(std::make_unique<runtime::EventLoopThread>());
        auto* host = base.host.get();
        // Drain and stop together take less than the 10 s after which SIGTERM is usually followed by SIGKILL.
        http::ServerOptions server_options{
            .connection_limit = connection_limit(),
            .drain_delay = std::chrono::milliseconds{base.settings.program.drain_delay_milliseconds},
            .drain_limit = std::chrono::seconds{6}};
        server =
            open_server(base, loops, base.settings.program.port, base.settings.program.address,
                        server_options, [host](http::Request& request) { return host->handle(request); });
        if (base.settings.program.admin_port != 0) {
            http::ServerOptions admin_options{
                .connection_limit = 64, .drain_delay = {}, .drain_limit = std::chrono::seconds{1}};
            admin = open_server(base, loops, base.settings.program.admin_port, "127.0.0.1", admin_options,
                                [host](http::Request& request) { return host->handle_admin(request); });
        }
        if (become_ready(base, program.deployment, shutdown)) {
            announce(base, program, server->port(), started_at);
            if (demo && program.demo)
                base.background.wait_for(program.demo(*base.host, base.settings.program.data));
        }
    } catch (...) {
        stop();  // background work must not outlive what it uses
        throw;
    }

    shutdown.wait();
    print_line(program.name + " is draining …");
    auto drained = server->drain();
    base.host->set_draining();
    base.background.wait_for(std::move(drained));
    if (admin) base.background.wait_for(admin->drain());
    stop();
    log::info("stopped", {{"program", program.name}});
    return 0;
}

int run_command(const Settings& settings, const Options& options, const Program& program,
                const Command& command, const std::vector<std::string>& arguments) {
    Infrastructure base{settings, options, program.deployment, program.services};
    auto code = base.background.wait_for(command.run(*base.host, arguments));
    base.background.stop();
    base.close();
    return code;
}

std::vector<Options::Owner> owners_of(const Program& program) {
    std::vector<Options::Owner> owners;
    for (const auto& service : program.services) owners.push_back({service.name, service.settings});
    return owners;
}

// A command other than `serve` and `check-ready`, with the values of its arguments.
struct ParsedCommand {
    Command command;
    std::vector<std::string> arguments;
};

// By subcommand. The parser fills in the arguments, so the map must not be copied.
std::map<const CLI::App*, ParsedCommand> add_commands(CLI::App& app, Options& options,
                                                      const Program& program) {
    std::map<const CLI::App*, ParsedCommand> commands;
    auto add = [&](const Command& command) {
        auto* sub = app.add_subcommand(command.name, command.help);
        options.add_to(*sub);
        auto& [added, arguments] = commands[sub] = {command, {}};
        arguments.resize(command.arguments.size());
        for (std::size_t i = 0; i < arguments.size(); ++i)
            sub->add_option(command.arguments[i], arguments[i])->required();
    };
    for (const auto& command : program.commands) add(command);
    for (const auto& command : dead_letter_commands()) add(command);
    return commands;
}

}  // namespace

int run(int argc, char** argv, const Program& program) {
    ::umask(S_IRWXG | S_IRWXO);  // its files hold password hashes and encrypted keys
    std::signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        std::cerr << program.name << ": the system provides no random numbers" << std::endl;
        return 1;
    }
    raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2);  // many threads with little heap each: less idle memory
    CLI::App app{program.name + ", a ticket marketplace"};
    app.require_subcommand(1);
    app.set_version_flag("--version", program.name + " " + std::string{runtime::version()});
    Options options{program.deployment, owners_of(program), program.calls};
    bool demo = false, check_only = false;

    auto* serve_command = app.add_subcommand("serve", "run until Ctrl-C or SIGTERM");
    options.add_to(*serve_command);
    serve_command->add_flag("--check-config", check_only, "check the settings and exit");
    if (program.demo)
        serve_command->add_flag("--demo", demo, "fill an empty marketplace with sample sellers and listings");
    auto* check_command = app.add_subcommand("check-ready", "check whether the running program is ready");
    options.add_to(*check_command, Options::Scope::where_it_listens);
    auto commands = add_commands(app, options, program);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << program.name << ": " << error.what() << "; see --help" << std::endl;
        return 2;
    }

    auto* chosen = app.get_subcommands().front();
    auto is_check_ready = chosen == check_command;
    auto settings = is_check_ready ? options.read(*chosen, {}, Options::Scope::where_it_listens)
                                   : options.read(*chosen, program.required);
    if (!settings) {
        for (const auto& problem : settings.error())
            std::cerr << program.name << ": " << problem << std::endl;
        return 2;
    }
    if (check_only) {
        std::cout << "the settings are valid" << std::endl;
        return 0;
    }
    if (is_check_ready) return check_ready(program.name, settings->program);
    log::start(level_of(settings->program.log_level));
    int code = 1;
    try {
        if (chosen == serve_command) {
            code = serve(*settings, options, program, demo);
        } else {
            const auto& [command, arguments] = commands.at(chosen);
            code = run_command(*settings, options, program, command, arguments);
        }
    } catch (const std::exception& error) {
        std::cerr << program.name << ": " << error.what() << std::endl;
    }
    log::stop();
    return code;
}

}  // namespace stagedoor
