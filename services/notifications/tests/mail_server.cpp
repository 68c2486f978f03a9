#include "services/notifications/tests/mail_server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

extern char** environ;

namespace stagedoor::notifications {

void MailServer::start() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    input_ = ends[1];
    auto folder = folder_.path().string(), port = std::to_string(port_);
    std::string script = STAGEDOOR_MAIL_SERVER, python = "/usr/bin/python3", auth = "--auth";
    std::vector<char*> arguments{python.data(), script.data(), folder.data(), port.data()};
    if (requires_auth_) arguments.push_back(auth.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    auto failed = ::posix_spawn(&id_, python.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    if (failed) throw std::runtime_error("can't start " + python);
    testing::eventually([&] { return std::filesystem::exists(folder_.file("port")); });
    std::ifstream{folder_.file("port")} >> port_;
}

void MailServer::stop() {
    if (id_ < 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
    ::close(input_);
    std::filesystem::remove(folder_.file("port"));
    id_ = -1;
}

void MailServer::will_reply(const std::string& lines) const {
    std::ofstream{folder_.file("replies")} << lines;
}

std::vector<ParsedEmail> MailServer::emails() const {
    std::vector<ParsedEmail> all;
    for (int number = 1;; ++number) {
        std::ifstream file{folder_.file(std::to_string(number) + ".eml"), std::ios::binary};
        if (!file) return all;
        all.push_back(parse_email(std::string{std::istreambuf_iterator<char>{file}, {}}));
    }
}

}  // namespace stagedoor::notifications
