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
#include "common/outbound/address.hpp"
#include "common/pictures/renderer.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/version.hpp"
#include "common/security/security_log.hpp"
#include "common/service/check_ready.hpp"
#include "common/service/dead_letters.hpp"
#include "common/service/history_command.hpp"
#include "common/service/infrastructure.hpp"
#include "common/service/listen_url.hpp"
#include "common/service/options.hpp"
#include "common/service/startup_error.hpp"

namespace stagedoor {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// With the delay of 2 s that is the default, a stop takes less than the 10 s after which SIGTERM is usually
// followed by SIGKILL: workers get what is left of 8.5 s.
constexpr auto drain_limit = 6s;
constexpr std::chrono::milliseconds max_grace = 2s;

std::chrono::milliseconds drain_delay(const ProgramSettings& settings) {
    return std::chrono::milliseconds{settings.drain_delay_milliseconds};
}

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

// Far more than a browser opens, or an office; too few to take all places.
constexpr std::size_t connections_of_client = 256;

// Drops the line if the reader of standard output is stuck, instead of waiting for it.
void print_line(const std::string& line) {
    pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&output, 1, 0) > 0) std::cout << line << std::endl;
}

// Where a program listens: for visitors, and for operators on a port and on a unix socket.
class Servers {
  public:
    Servers(Infrastructure& base, const std::vector<std::unique_ptr<runtime::EventLoopThread>>& loops)
        : base_(base) {
        for (const auto& loop : loops) executors_.push_back(loop->executor());
        const auto& settings = base.settings.program;
        auto* host = base.host.get();
        main_ = open(main_options(settings, *host),
                     [host](http::Request& request) { return host->handle(request); });
        auto admin = [host](http::Request& request) { return host->handle_admin(request); };
        http::ServerOptions options{
            .connection_limit = 64, .drain_delay = {}, .drain_limit = std::chrono::seconds{1}};
        if (!settings.admin_socket.empty()) {
            options.socket = settings.admin_socket;
            admins_.push_back(open(options, admin));
            options.socket.clear();
        }
        if (settings.admin_port == 0) return;
        options.address = settings.admin_address;
        options.port = static_cast<std::uint16_t>(settings.admin_port);
        // Without clients' certificates: the probes of Kubernetes have none. Operators have the token.
        if (!outbound::is_loopback(settings.admin_address))
            options.tls = {settings.tls_certificate, settings.tls_key, {}};
        admins_.push_back(open(options, admin));
    }

    [[nodiscard]] http::Server& main() { return *main_; }
    [[nodiscard]] std::vector<std::unique_ptr<http::Server>>& admins() { return admins_; }

  private:
    static http::ServerOptions main_options(const ProgramSettings& settings, const Host& host) {
        return {
            .address = settings.address,
            .port = static_cast<std::uint16_t>(settings.port),
            .tls = {settings.tls_certificate, settings.tls_key, settings.tls_client_ca},
            .higher_body_limit = [&host](const http::Request& head) { return host.body_limit(head); },
            .large_bodies_of_network_limit = settings.rate_limits
                                                 ? http::ServerOptions{}.large_bodies_of_network_limit
                                                 : http::ServerOptions{}.large_bodies_limit,
            .rejected_body = [&host](http::Request& head,
                                     ApiError why) { return host.reject(head, std::move(why)); },
            .connection_limit = connection_limit(),
            .connections_of_client_limit = settings.rate_limits ? connections_of_client : connection_limit(),
            .drain_delay = drain_delay(settings),
            .drain_limit = drain_limit,
            .trusted_proxies = settings.trusted_proxies,
            .trusted_hops = static_cast<std::size_t>(settings.trusted_hops),
            .https = settings.https()};
    }

    std::unique_ptr<http::Server> open(const http::ServerOptions& options, http::Handler handler) {
        return http::serve(options, std::move(handler), executors_, *base_.clock, base_.random,
                           base_.metrics);
    }

    Infrastructure& base_;
    std::vector<runtime::Executor> executors_;
    std::unique_ptr<http::Server> main_;
    std::vector<std::unique_ptr<http::Server>> admins_;
};

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

// A command other than `serve`, `node` and `check-ready`, with the values of its arguments.
struct ParsedCommand {
    Command command;
    std::vector<std::string> arguments;
};

// A way to run a program's services: the command that runs them, its settings, and the other commands on the
// same databases.
struct Mode {
    Deployment deployment;
    Options options;
    std::vector<std::string> required = {};
    CLI::App* serve = nullptr;
    std::map<const CLI::App*, ParsedCommand> commands = {};
};

void announce(Infrastructure& base, const Program& program, Deployment deployment, std::uint16_t port,
              std::chrono::steady_clock::time_point started_at) {
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_at);
    log::info("ready", {{"program", program.name}, {"port", port}, {"after_ms", took.count()}});
    const auto& settings = base.settings.program;
    auto url = listen_url(settings.address, port, settings.scheme());
    auto data = deployment == Deployment::one_process ? "data in " + settings.data + ", " : "";
    print_line(program.name + " is ready at " + url + "  (" + data + "stop with Ctrl-C)");
    for (const auto& line : base.host->startup_lines(url)) print_line(line);
}

// For those who have to find out later how the program was run. Without secrets.
void log_configuration(Infrastructure& base, const Program& program) {
    const auto version = std::string{runtime::version()};
    std::vector<log::Field> fields{{"program", program.name}, {"version", version}};
    for (const auto& [variable, text] : base.settings.given) fields.emplace_back(variable, text);
    security::SecurityLog{base.metrics}.write(security::SecurityEvent::configuration, fields);
    if (!base.settings.program.rate_limits)
        log::warning("rate limits are OFF: nothing stops password guessing, card testing or hoarding");
    const auto& settings = base.settings.program;
    if (settings.admin_port != 0 && !outbound::is_loopback(settings.admin_address) &&
        !settings.admin_token.empty() && !settings.tls())
        log::warning("the admin port is not encrypted: others on its network can read the operators' token");
}

// Returns false if a shutdown signal arrives first. A service's own program and a node wait for auth and the
// bus as long as it takes. One process has its keys at once or never: throws StartupError after 30 s.
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

int serve(Settings settings, const Mode& mode, const Program& program) {
    auto started_at = std::chrono::steady_clock::now();
    ShutdownSignal shutdown;
    auto demo = settings.program.demo;
    if (demo) mode.options.adapt_to_demo(settings);
    Infrastructure base{std::move(settings), mode.options, mode.deployment, program.services};
    std::vector<std::unique_ptr<runtime::EventLoopThread>> loops;
    std::optional<Servers> servers;
    auto stop = [&](std::chrono::milliseconds grace) {
        for (auto& loop : loops) loop->stop();  // first, so that no request uses what stops next
        base.background.wait_for(base.host->stop(grace));
        base.close();  // while the stopped loops exist: its callers are resumed on them
        servers.reset();
    };
    try {
        base.background.wait_for(base.host->start());
        for (std::int64_t i = 0; i < base.settings.program.threads; ++i)
            loops.push_back(std::make_unique<runtime::EventLoopThread>());
        servers.emplace(base, loops);
        log_configuration(base, program);  // not earlier: whatever keeps it from starting is the only line
        if (become_ready(base, mode.deployment, shutdown)) {
            announce(base, program, mode.deployment, servers->main().port(), started_at);
            if (demo && program.demo)
                base.background.wait_for(program.demo(*base.host, base.settings.program.data));
        }
    } catch (...) {
        stop({});
        throw;
    }

    shutdown.wait();
    runtime::Timeout workers_timeout{*base.clock, drain_delay(base.settings.program) + drain_limit + 500ms};
    print_line(program.name + " is draining …");
    auto drained = servers->main().drain();
    base.host->set_draining();
    base.background.wait_for(std::move(drained));
    for (auto& admin : servers->admins()) base.background.wait_for(admin->drain());
    auto left = workers_timeout.end() - base.clock->monotonic();
    stop(std::clamp(std::chrono::floor<std::chrono::milliseconds>(left), 0ms, max_grace));
    log::info("stopped", {{"program", program.name}});
    return 0;
}

int run_command(const Settings& settings, const Mode& mode, const Program& program,
                const ParsedCommand& parsed) {
    Infrastructure base{settings, mode.options, mode.deployment, program.services};
    try {
        auto code = base.background.wait_for(parsed.command.run(*base.host, parsed.arguments));
        base.close();
        return code;
    } catch (...) {
        base.close();
        throw;
    }
}

std::vector<Options::Owner> owners_of(const Program& program) {
    std::vector<Options::Owner> owners;
    for (const auto& service : program.services) owners.push_back({service.name, service.settings});
    return owners;
}

void add_option(CLI::App& command, const CommandOption& option, std::string& value) {
    if (!option.takes_value) {
        command.add_flag_callback(option.flag, [&value, flag = option.flag] { value = flag; }, option.help);
        return;
    }
    auto* added = command.add_option(option.flag, value, option.help);
    if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
}

void add_argument(CLI::App& sub, const Command& command, std::size_t index, std::string& value) {
    auto* added = sub.add_option(command.arguments[index], value)->required();
    auto choices = command.choices.find(command.arguments[index]);
    if (choices != command.choices.end()) added->check(CLI::IsMember(choices->second));
}

// By subcommand. The parser fills in the arguments, so the map must not be copied.
std::map<const CLI::App*, ParsedCommand> add_commands(CLI::App& app, const Program& program) {
    std::map<const CLI::App*, ParsedCommand> commands;
    auto add = [&](const Command& command) {
        auto* sub = app.add_subcommand(command.name, command.help);
        auto& [added, arguments] = commands[sub] = {command, {}};
        arguments.resize(command.arguments.size() + command.options.size());
        for (std::size_t i = 0; i < command.arguments.size(); ++i)
            add_argument(*sub, command, i, arguments[i]);
        for (std::size_t i = 0; i < command.options.size(); ++i)
            add_option(*sub, command.options[i], arguments[command.arguments.size() + i]);
    };
    for (const auto& command : program.commands) add(command);
    for (const auto& command : dead_letter_commands()) add(command);
    add(history_command());
    return commands;
}

// `serve` and beside it the commands, each with the settings.
void add_serve(CLI::App& app, Mode& mode, const Program& program) {
    mode.serve = app.add_subcommand("serve", "run until Ctrl-C or SIGTERM");
    mode.options.add_to(*mode.serve);
    mode.commands = add_commands(app, program);
    for (auto* each : app.get_subcommands({})) {
        if (mode.commands.contains(each)) mode.options.add_to(*each);
    }
}

// `node`, and below it the commands, with the settings of `node`.
void add_node(CLI::App& app, Mode& mode, const Program& program) {
    mode.serve = app.add_subcommand(
        "node", "run all services on PostgreSQL and NATS, beside other nodes, until Ctrl-C or SIGTERM");
    mode.options.add_to(*mode.serve);
    mode.serve->require_subcommand(0, 1);
    mode.commands = add_commands(*mode.serve, program);
    for (auto* each : mode.serve->get_subcommands({})) each->fallthrough();
}

// What the command line says.
struct Chosen {
    Mode* mode = nullptr;
    const CLI::App* command = nullptr;   // `serve`, `node` or one of mode->commands
    const CLI::App* settings = nullptr;  // where the flags are
};

Chosen chosen_from(const CLI::App& app, std::vector<Mode*> modes) {
    const auto* command = app.get_subcommands().front();
    for (auto* mode : modes) {
        if (command == mode->serve) {
            auto below = command->get_subcommands();
            return {mode, below.empty() ? command : below.front(), command};
        }
        if (mode->commands.contains(command)) return {mode, command, command};
    }
    return {modes.front(), command, command};
}

int execute(const Chosen& chosen, const Settings& settings, const Program& program) {
    log::start(level_of(settings.program.log_level));
    int code = 1;
    try {
        if (chosen.command == chosen.mode->serve)
            code = serve(settings, *chosen.mode, program);
        else
            code = run_command(settings, *chosen.mode, program, chosen.mode->commands.at(chosen.command));
    } catch (const std::exception& error) {
        std::cerr << program.name << ": " << error.what() << std::endl;
    }
    log::stop();
    return code;
}

// Before any thread is started.
bool prepare_process(const std::string& name) {
    ::umask(S_IRWXG | S_IRWXO);  // its files hold password hashes and encrypted keys
    std::signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        std::cerr << name << ": the system provides no random numbers" << std::endl;
        return false;
    }
    raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2);  // many threads with little heap each: less idle memory
    return true;
}

}  // namespace

int run(int argc, char** argv, const Program& program) {
    if (!prepare_process(program.name)) return 1;
    CLI::App app{program.name + ", a ticket marketplace"};
    app.require_subcommand(1);
    app.set_version_flag("--version", program.name + " " + std::string{runtime::version()});
    bool check_only = false;
    Mode own{program.deployment, {program.deployment, owners_of(program), program.calls}, program.required};
    Mode node{Deployment::node, {Deployment::node, owners_of(program), {}}};
    add_serve(app, own, program);
    if (program.demo)
        own.serve->add_flag("--demo")->description(
            "fill an empty marketplace with sample sellers and listings");
    if (program.can_be_node) add_node(app, node, program);
    for (auto* mode : {&own, &node}) {
        if (mode->serve) mode->serve->add_flag("--check-config", check_only, "check the settings and exit");
    }
    std::map<const CLI::App*, const OtherProgram*> others;
    for (const auto& other : program.others) {
        auto* sub = app.add_subcommand(other.name, other.help)->prefix_command();
        sub->set_help_flag();  // its own
        others[sub] = &other;
    }
    auto* check_command = app.add_subcommand("check-ready", "check whether the running program is ready");
    own.options.add_to(*check_command, Options::Scope::where_it_listens);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << program.name << ": " << error.what() << "; see --help" << std::endl;
        return 2;
    }

    for (const auto& [sub, other] : others) {
        if (sub->parsed()) return other->run(sub->remaining());
    }
    auto chosen = chosen_from(app, {&own, &node});
    auto is_check_ready = chosen.command == check_command;
    const auto& options = chosen.mode->options;
    auto settings = is_check_ready ? options.read(*chosen.settings, {}, Options::Scope::where_it_listens)
                                   : options.read(*chosen.settings, chosen.mode->required);
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
    return execute(chosen, *settings, program);
}

}  // namespace stagedoor
