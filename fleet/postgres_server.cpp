#include "fleet/postgres_server.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

constexpr const char* superuser = "stagedoor_admin";
constexpr const char* password = "only-on-loopback";

Ended run_to_end(std::vector<std::string> command, std::chrono::milliseconds limit = 60s) {
    auto program = command.front();
    command.erase(command.begin());
    return run(program, command, {}, limit);
}

std::vector<std::string> joined(std::vector<std::string> command, const std::vector<std::string>& more) {
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

void change_owner(const std::filesystem::path& path) {
    if (::geteuid() != 0) return;
    const auto* user = ::getpwnam("postgres");
    if (!user || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("could not make the user postgres the owner of " + path.string());
}

// The folder of the cluster. If we are root, the user postgres must be able to reach it: parents among the
// system's temporary folders are made accessible; below folders such as /root, another one in
// /var/lib/postgresql is used.
std::filesystem::path reachable(const std::filesystem::path& folder) {
    if (::geteuid() != 0) return folder;
    using std::filesystem::perms;
    auto temporary = std::filesystem::temp_directory_path().string() + "/";
    for (auto each = folder.parent_path(); each != each.root_path(); each = each.parent_path()) {
        if (each.string().starts_with(temporary))
            std::filesystem::permissions(each, perms::others_exec, std::filesystem::perm_options::add);
        if ((std::filesystem::status(each).permissions() & perms::others_exec) == perms::none) {
            auto name = folder.relative_path().string();
            std::ranges::replace(name, '/', '-');
            return std::filesystem::path{"/var/lib/postgresql"} / ("stagedoor-" + name);
        }
    }
    return folder;
}

// For libpq's URLs.
std::string percent_encoded(const std::filesystem::path& path) {
    std::string out;
    for (auto c : path.string())
        out += std::isalnum(static_cast<unsigned char>(c)) || c == '/'
                   ? std::string{c}
                   : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

}  // namespace

std::vector<std::string> as_postgres_user() {
    std::vector<std::string> command{"/usr/bin/setpriv", "--pdeathsig", "INT"};
    if (::geteuid() == 0) {
        for (const auto* word : {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"})
            command.emplace_back(word);
    }
    return command;
}

std::string postgres_program(const std::string& name) {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
        auto program = version.path() / "bin" / name;
        if (std::filesystem::exists(program)) found.push_back(program);
    }
    if (found.empty()) throw std::runtime_error("PostgreSQL is not installed: apt-get install postgresql");
    return std::ranges::max(found).string();
}

PostgresServer::PostgresServer(std::filesystem::path folder, std::uint16_t port,
                               const std::vector<std::string>& settings)
    : port_(port ? port : free_port()) {
    folder = std::filesystem::absolute(folder);
    std::filesystem::create_directories(folder.parent_path());
    folder_ = reachable(folder);
    auto data = folder_ / "data";
    if (!std::filesystem::exists(data / "PG_VERSION")) {
        std::filesystem::create_directories(folder_);
        change_owner(folder_);
        auto password_file = folder_ / "password";
        std::ofstream{password_file} << password << "\n";
        change_owner(password_file);
        auto initdb = run_to_end(
            joined(as_postgres_user(), {postgres_program("initdb"), "--pgdata", data.string(), "--username",
                                        superuser, "--pwfile", password_file.string(), "--auth",
                                        "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"}));
        if (initdb.exit.code != 0) throw std::runtime_error("initdb failed: " + initdb.errors);
    }
    std::ofstream settings_file{data / "stagedoor.conf"};
    settings_file << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '"
                  << (has_unix_socket() ? folder_.string() : "") << "'\nmax_connections = 200\n";
    for (const auto& each : settings) settings_file << each << "\n";
    if (read_file(data / "postgresql.conf").find("stagedoor.conf") == std::string::npos)
        std::ofstream{data / "postgresql.conf", std::ios::app} << "include 'stagedoor.conf'\n";
}

PostgresServer::~PostgresServer() {
    try {
        if (runs()) stop();
    } catch (const std::exception&) {  // its process is killed then
    }
}

void PostgresServer::start() {
    // After a kill, its sessions may live on for a moment, and until then it refuses to start.
    auto deadline = std::chrono::steady_clock::now() + 30s;
    auto command =
        joined(as_postgres_user(), {postgres_program("postgres"), "-D", (folder_ / "data").string()});
    auto program = command.front();
    command.erase(command.begin());
    for (;;) {
        process_ = std::make_unique<Process>(program, command, Variables{}, folder_);
        if (becomes_true([this] { return process_->ended() || accepts_connections(); }, 30s, 20ms) && runs())
            return;
        if (std::chrono::steady_clock::now() >= deadline)
            throw std::runtime_error("PostgreSQL did not start:\n" + process_->errors());
    }
}

void PostgresServer::stop() {
    process_->signal(SIGINT);
    (void)process_->wait(30s);
}

void PostgresServer::kill() { process_->kill_with_children(); }

bool PostgresServer::accepts_connections() const {
    return run_to_end({postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", std::to_string(port_)})
               .exit.code == 0;
}

void PostgresServer::make_database(const std::string& name) {
    if (!query("SELECT 1 FROM pg_database WHERE datname = '" + name + "'").empty()) return;
    query("CREATE ROLE \"" + name + "\" LOGIN PASSWORD '" + password + "'");
    query("CREATE DATABASE \"" + name + "\" OWNER \"" + name + "\"");
    query("REVOKE CONNECT, TEMPORARY ON DATABASE \"" + name + "\" FROM PUBLIC");
}

std::string PostgresServer::url(const std::string& database) const {
    return "postgresql://" + database + ":" + password + "@127.0.0.1:" + std::to_string(port_) + "/" +
           database;
}

bool PostgresServer::has_unix_socket() const {
    return (folder_ / (".s.PGSQL." + std::to_string(port_))).string().size() < sizeof sockaddr_un::sun_path;
}

std::string PostgresServer::local_url(const std::string& database) const {
    if (!has_unix_socket()) return url(database);
    return "postgresql://" + database + ":" + password + "@/" + database +
           "?host=" + percent_encoded(folder_) + "&port=" + std::to_string(port_);
}

std::string PostgresServer::admin_url(const std::string& database) const {
    return std::string{"postgresql://"} + superuser + ":" + password + "@127.0.0.1:" + std::to_string(port_) +
           "/" + database;
}

std::string PostgresServer::query(const std::string& statements, const std::string& database) const {
    auto ended = run_to_end({postgres_program("psql"), admin_url(database), "-X", "-q", "-A", "-t", "-v",
                             "ON_ERROR_STOP=1", "-c", statements});
    if (ended.exit.code != 0) throw std::runtime_error("psql: " + ended.errors);
    return ended.output;
}

}  // namespace stagedoor::fleet
