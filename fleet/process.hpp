// Starts, signals and awaits programs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::fleet {

// Environment variables.
using Variables = std::map<std::string, std::string>;

struct Exit {
    int code = -1;   // -1 if a signal ended it
    int signal = 0;  // the signal that ended it
};

class Process {
  public:
    // Starts `program`. Its environment is `environment` and this process's, without Stagedoor's variables.
    // Its standard output and error go to `folder`/out and `folder`/err, which are truncated.
    Process(const std::string& program, const std::vector<std::string>& arguments,
            const Variables& environment, const std::filesystem::path& folder);
    // Kills it if it is still running.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }
    void signal(int number) const;
    // Sends SIGKILL to it and its children and waits for its end.
    void kill_with_children();
    // How it ended; nullopt while it is running.
    [[nodiscard]] std::optional<Exit> ended();
    // Waits for its end; throws if it has not ended within `limit`.
    Exit wait(std::chrono::milliseconds limit);

    [[nodiscard]] std::string output() const;  // standard output so far
    [[nodiscard]] std::string errors() const;  // standard error so far
    [[nodiscard]] long resident_kib() const;   // resident memory

  private:
    std::filesystem::path folder_;
    pid_t id_ = -1;
    std::optional<Exit> exit_;
};

struct Ended {
    Exit exit;
    std::string output, errors;
};
// Runs a program to its end; throws if it has not ended within `limit`.
[[nodiscard]] Ended run(const std::string& program, const std::vector<std::string>& arguments,
                        const Variables& environment = {},
                        std::chrono::milliseconds limit = std::chrono::seconds{20});

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// A free loopback port that was not returned before, neither here nor in another running program that uses
// this function.
[[nodiscard]] std::uint16_t free_port();
// Throws unless a server can listen on this port of 127.0.0.1; waits up to `limit` for one that is ending.
void require_free(std::uint16_t port, std::chrono::milliseconds limit = {});

[[nodiscard]] bool listens(std::uint16_t port);
// The whole response to a GET on a loopback port; empty if there is none.
[[nodiscard]] std::string get(std::uint16_t port, const std::string& path);

}  // namespace stagedoor::fleet
