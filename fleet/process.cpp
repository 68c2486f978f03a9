#include "fleet/process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>

#include "common/runtime/temporary_folder.hpp"
#include "fleet/polling.hpp"

extern char** environ;

namespace stagedoor::fleet {
namespace {

bool is_stagedoor_variable(std::string_view variable) {
    constexpr std::array names{
        "STAGEDOOR_", "PORT=",        "JWT_KEY_SECRET", "MAIL_LINK_SECRET", "ADMISSIONS_SECRET", "SMTP_",
        "STRIPE_",    "DATABASE_URL", "NATS_"};
    return std::ranges::any_of(names, [&](std::string_view name) { return variable.starts_with(name); });
}

std::vector<std::string> environment_with(const Variables& added) {
    std::vector<std::string> all;
    for (auto** each = environ; *each; ++each) {
        if (!is_stagedoor_variable(*each)) all.emplace_back(*each);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// A socket connected to a loopback port, with a read timeout of 2 s; -1 if the port is closed.
int connect_to(std::uint16_t port) {
    auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval limit{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
}

// Binds a socket to the port; 0, or errno. `reuse` ignores the connections of a server that has ended, as
// servers do.
int bind_error(std::uint16_t port, bool reuse) {
    auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return errno;
    int on = reuse ? 1 : 0;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    auto error = bound ? 0 : errno;
    ::close(socket);
    return error;
}

bool is_free(std::uint16_t port) { return bind_error(port, false) == 0; }

// Reserves the port until this process ends, among all programs that use free_port() and even while nobody
// listens on it: by a socket in the abstract namespace (unix(7)).
bool claim(std::uint16_t port) {
    auto socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto name = "stagedoor port " + std::to_string(port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(name, address.sun_path + 1);
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), length) == 0) return true;
    if (socket >= 0) ::close(socket);
    return false;
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const Variables& environment, const std::filesystem::path& folder)
    : folder_(folder) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    auto out = (folder / "out").string(), err = (folder / "err").string();
    constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), flags, 0600);
    std::vector<std::string> command{program};
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto variables = environment_with(environment);
    // In a process group of its own, so that the terminal's Ctrl-C does not reach it, and with no blocked
    // signals.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    auto error = ::posix_spawn(&id_, program.c_str(), &files, &attributes, pointers(command).data(),
                               pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0)
        throw std::runtime_error("could not start " + program + ": " +
                                 std::generic_category().message(error));
}

Process::~Process() {
    if (ended()) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

void Process::signal(int number) const {
    if (!exit_) ::kill(id_, number);
}

void Process::kill_with_children() {
    // Read first, while they still have their parent.
    std::ifstream list{"/proc/" + std::to_string(id_) + "/task/" + std::to_string(id_) + "/children"};
    std::vector<pid_t> children;
    for (pid_t each = 0; list >> each;) children.push_back(each);
    signal(SIGKILL);
    for (auto each : children) ::kill(each, SIGKILL);
    (void)wait(10s);
}

std::optional<Exit> Process::ended() {
    int status = 0;
    if (!exit_ && ::waitpid(id_, &status, WNOHANG) == id_) {
        exit_ =
            Exit{WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    }
    return exit_;
}

Exit Process::wait(std::chrono::milliseconds limit) {
    if (!becomes_true([this] { return ended().has_value(); }, limit, 1ms)) {
        throw std::runtime_error("the program did not end within " + std::to_string(limit.count()) + " ms\n" +
                                 errors());
    }
    return *exit_;
}

std::string Process::output() const { return read_file(folder_ / "out"); }
std::string Process::errors() const { return read_file(folder_ / "err"); }

long Process::resident_kib() const {
    std::ifstream status{"/proc/" + std::to_string(id_) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return 0;
}

Ended run(const std::string& program, const std::vector<std::string>& arguments, const Variables& environment,
          std::chrono::milliseconds limit) {
    runtime::TemporaryFolder folder;
    Process process{program, arguments, environment, folder.path()};
    auto exit = process.wait(limit);
    return {exit, process.output(), process.errors()};
}

// Below the system's range of ephemeral ports, so that no outgoing connection takes the port of a server that
// is being restarted. The first candidate differs between processes.
std::uint16_t free_port() {
    constexpr int first = 10'000, count = 22'000;
    static std::mutex mutex;
    static int last = (static_cast<int>(::getpid()) * 97) % count;
    std::lock_guard lock{mutex};
    for (int tries = 0; tries < count; ++tries) {
        last = (last + 1) % count;
        auto port = static_cast<std::uint16_t>(first + last);
        // In this order: a test of a port that others have claimed could meet their server's restart.
        if (claim(port) && is_free(port)) return port;
    }
    throw std::runtime_error("no free port");
}

void require_free(std::uint16_t port, std::chrono::milliseconds limit) {
    int error = 0;
    if (becomes_true([&] { return (error = bind_error(port, true)) == 0; }, limit)) return;
    auto reason = std::generic_category().message(error);
    reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    std::string advice;  // as the programs' own server words it
    if (error == EADDRINUSE)
        advice = "; choose another port with --port or stop the program that uses it";
    else if (error == EACCES)
        advice = "; choose a port above 1023 with --port";
    throw std::runtime_error("can't listen on 127.0.0.1:" + std::to_string(port) + ": " + reason + advice);
}

bool listens(std::uint16_t port) {
    auto socket = connect_to(port);
    if (socket >= 0) ::close(socket);
    return socket >= 0;
}

std::string get(std::uint16_t port, const std::string& path) {
    auto socket = connect_to(port);
    std::string response;
    if (socket >= 0) {
        auto request = "GET " + path + " HTTP/1.0\r\n\r\n";
        if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
            char part[4096];
            for (ssize_t size = 0; (size = ::recv(socket, part, sizeof part, 0)) > 0;)
                response.append(part, static_cast<std::size_t>(size));
        }
    }
    if (socket >= 0) ::close(socket);
    return response;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace stagedoor::fleet
