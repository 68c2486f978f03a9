#include "common/service/program.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <optional>

#include "common/bus/embedded.hpp"
#include "common/http/server.hpp"
#include "common/runtime/log.hpp"
#include "common/service/options.hpp"
#include "common/sql/sqlite_file.hpp"

namespace stagedoor {
namespace {

namespace asio = boost::asio;

// Told to the operator in one line; the program ends with 1.
struct CannotStart : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The data folder, held by one program at a time.
class DataFolder {
  public:
    explicit DataFolder(const std::string& path) : path_(path) {
        try {
            sql::sqlite::make_folder(path_);
        } catch (const std::exception& error) {
            throw CannotStart("can't write to the data folder " + path + ": " + error.what());
        }
        auto lock = (path_ / "lock").string();
        file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file_ < 0) {
            throw CannotStart("can't write to the data folder " + path + ": " +
                              std::generic_category().message(errno) +
                              "; give another with --data or mend its permissions");
        }
        if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
            throw CannotStart("the data folder " + path +
                              " is in use by another Stagedoor; stop that one or give another with --data");
        }
    }
    ~DataFolder() { ::close(file_); }
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
    // Makes what was renamed into it survive a power cut.
    [[nodiscard]] bool sync() const {
        auto folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        auto synced = folder >= 0 && ::fsync(folder) == 0;
        if (folder >= 0) ::close(folder);
        return synced;
    }

  private:
    std::filesystem::path path_;
    int file_ = -1;
};

// A secret that is there but can't be read is not replaced: the keys in auth's database need it.
std::optional<std::string> read_secret(const std::string& path) {
    auto descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) return std::nullopt;
    std::array<char, 4096> text{};
    auto size = descriptor < 0 ? -1 : ::read(descriptor, text.data(), text.size());
    auto error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (size < 0) {
        throw CannotStart("can't read " + path + ": " + std::generic_category().message(error) +
                          "; mend its permissions or put it back from a backup");
    }
    std::string secret{text.data(), static_cast<std::size_t>(size)};
    secret.resize(std::min(secret.find('\n'), secret.size()));
    if (secret.size() < 16) {
        throw CannotStart(path +
                          " holds less than 16 characters, so it is damaged; put it back from a backup, "
                          "or make new keys (docs/operations.md, Keys)");
    }
    return secret;
}

// What a secret is when nobody set it: made once, kept beside the databases, readable by the owner only.
std::string kept_secret(const DataFolder& folder, const std::string& name, runtime::Random& random) {
    auto path = folder.file(name);
    if (auto kept = read_secret(path)) return *kept;
    auto secret = random.hex(32);
    auto temporary = path + ".new";
    auto descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    auto line = secret + "\n";
    auto written = descriptor >= 0 &&
                   ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                   ::fsync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!written || ::rename(temporary.c_str(), path.c_str()) != 0 || !folder.sync())
        throw CannotStart("can't write " + path + "; is the disk full?");
    return secret;
}

log::Level level_of(const std::string& name) {
    if (name == "debug") return log::Level::debug;
    if (name == "warning") return log::Level::warning;
    if (name == "error") return log::Level::error;
    return name == "off" ? log::Level::off : log::Level::info;
}

// A thread with an event loop of its own.
class Loop {
  public:
    Loop() : thread_([this] { context_.run(); }) {}
    ~Loop() { stop(); }
    [[nodiscard]] runtime::Executor executor() { return context_.get_executor(); }
    void stop() {
        work_.reset();
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    // Runs the task on this loop and waits for its result.
    template <class T>
    T wait_for(Task<T> task) {
        return asio::co_spawn(context_, std::move(task), asio::use_future).get();
    }

  private:
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
    std::thread thread_;
};

// The one-process shape: SQLite files in the data folder, the embedded bus, everything in this program.
struct Embedded {
    explicit Embedded(Settings given, const Program& program)
        : settings(std::move(given)), folder(settings.data) {
        if (settings.jwt_key_secret.empty())
            settings.jwt_key_secret = kept_secret(folder, "jwt-key.secret", random);
        if (settings.mail_link_secret.empty())
            settings.mail_link_secret = kept_secret(folder, "mail-link.secret", random);
        host = std::make_unique<Host>(
            HostParts{*clock, random, metrics, bus, background.executor(), settings,
                      [this](const std::string& service) {
                          return sql::open_sqlite(
                              {.path = folder.file(service + ".db"), .metrics = &metrics, .name = service},
                              *clock);
                      },
                      *outbound},
            program.services);
    }

    Settings settings;
    DataFolder folder;
    runtime::SystemRandom random;
    runtime::Metrics metrics;
    Loop background;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(background.executor());
    bus::EmbeddedBus bus{*clock};
    std::unique_ptr<outbound::Transport> outbound = outbound::make_transport({.ca_file = settings.ca_file});
    std::unique_ptr<Host> host;
};

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

std::unique_ptr<http::Server> open_server(Embedded& shape, std::vector<std::unique_ptr<Loop>>& loops,
                                          std::int64_t port, const std::string& address,
                                          http::ServerOptions options, http::Handler handler) {
    options.address = address;
    options.port = static_cast<std::uint16_t>(port);
    options.trusted_proxies = shape.settings.trusted_proxies;
    std::vector<runtime::Executor> executors;
    for (auto& loop : loops) executors.push_back(loop->executor());
    return http::serve(options, std::move(handler), executors, *shape.clock, shape.random, shape.metrics);
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
    say(program.name + " is ready at " + url + "  (data in " + settings.data + ", Ctrl-C ends it)");
    if (settings.mail_page.value_or(false) && settings.smtp_url.empty())
        say("mails are not sent but shown, to everybody, at " + url + "/dev/mails");
}

// False when the operator wants the end before it is ready.
bool become_ready(Embedded& shape, EndSignal& end_signal) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    auto waits = shape.background.wait_for(shape.host->wait_until_ready(
        [&] { return end_signal.came() || std::chrono::steady_clock::now() >= limit; }));
    if (end_signal.came()) return false;
    if (!waits.empty())
        throw CannotStart(waits + " waits for the keys that sessions are signed with; see the log");
    return true;
}

int serve(const Settings& given, const Program& program, bool demo) {
    auto begun = std::chrono::steady_clock::now();
    EndSignal end_signal;
    auto settings = given;
    if (demo) settings.suit_demo();
    Embedded shape{std::move(settings), program};
    std::vector<std::unique_ptr<Loop>> loops;
    std::unique_ptr<http::Server> server, admin;
    auto end = [&] {
        for (auto& loop : loops) loop->stop();  // first: no request runs on what ends now
        shape.background.wait_for(shape.host->stop());
        shape.background.stop();
        shape.host->close();  // while the stopped loops still exist: what waited for it goes back there
        server.reset();
        admin.reset();
    };
    try {
        shape.background.wait_for(shape.host->start());
        for (std::int64_t i = 0; i < shape.settings.threads; ++i) loops.push_back(std::make_unique<Loop>());
        auto* host = shape.host.get();
        // Together with what comes after it, the drain stays within the 10 s that whoever sent SIGTERM waits.
        http::ServerOptions options{
            .connection_limit = connection_limit(),
            .drain_delay = std::chrono::milliseconds{shape.settings.drain_delay_milliseconds},
            .drain_limit = std::chrono::seconds{6}};
        server = open_server(shape, loops, shape.settings.port, shape.settings.address, options,
                             [host](http::Request& request) { return host->handle(request); });
        if (shape.settings.admin_port != 0) {
            http::ServerOptions at_once{
                .connection_limit = 64, .drain_delay = {}, .drain_limit = std::chrono::seconds{1}};
            admin = open_server(shape, loops, shape.settings.admin_port, "127.0.0.1", at_once,
                                [host](http::Request& request) { return host->handle_admin(request); });
        }
        if (become_ready(shape, end_signal)) {
            announce(shape.settings, program, server->port(), begun);
            if (demo && program.demo)
                shape.background.wait_for(program.demo(*shape.host, shape.settings.data));
        }
    } catch (...) {
        end();  // whatever runs in the background must not outlive what it runs on
        throw;
    }

    end_signal.wait();
    say(program.name + " drains …");
    auto drained = server->drain();
    shape.host->set_draining();
    shape.background.wait_for(std::move(drained));
    if (admin) shape.background.wait_for(admin->drain());
    end();
    log::info("ended", {{"program", program.name}});
    return 0;
}

int run_command(const Settings& given, const Program& program, const Command& command,
                const std::vector<std::string>& arguments) {
    Embedded shape{given, program};
    auto code = shape.background.wait_for(command.run(*shape.host, arguments));
    shape.background.stop();
    shape.host->close();
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
    std::map<std::string, std::string> given;
    bool demo = false, check_only = false;

    auto* serve_command = app.add_subcommand("serve", "run until Ctrl-C or SIGTERM");
    add_options(*serve_command, given);
    serve_command->add_flag("--check-config", check_only, "say whether the settings are right, and end");
    if (program.demo)
        serve_command->add_flag("--demo", demo, "fill an empty marketplace with sample sellers and listings");
    std::map<const CLI::App*, const Command*> commands;
    std::map<const CLI::App*, std::vector<std::string>> positional;
    for (const auto& command : program.commands) {
        auto* sub = app.add_subcommand(command.name, command.help);
        add_options(*sub, given);
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
    auto settings = read_settings(*chosen, given);
    if (!settings) {
        for (const auto& problem : settings.error())
            std::cerr << program.name << ": " << problem << std::endl;
        return 2;
    }
    if (check_only) {
        std::cout << "the settings are right" << std::endl;
        return 0;
    }
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
