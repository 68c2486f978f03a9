// A program of ours: started, signalled, listened to.
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

// A fresh folder under the system's temporary one, removed with all in it at the end (kept when
using Variables = std::map<std::string, std::string>;

struct Exit {
    int code = -1;   // -1 when a signal ended it
    int signal = 0;  // that ended it
};

class Process {
  public:
    // Starts `program`. Its environment is ours without Stagedoor's own variables, and `environment`; what it
    // says goes to `folder`/out and /err, anew at each start.
    Process(const std::string& program, const std::vector<std::string>& arguments,
            const Variables& environment, const std::filesystem::path& folder);
    // Kills it, if it runs still.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }
    void signal(int number) const;
    // SIGKILL to it and to the processes that it started, and waits for its end.
    void kill_with_children();
    // How it ended; nullopt while it runs.
    [[nodiscard]] std::optional<Exit> ended();
    // Waits for its end; throws when `limit` is over first.
    Exit wait(std::chrono::milliseconds limit);

    [[nodiscard]] std::string output() const;  // standard output so far
    [[nodiscard]] std::string errors() const;  // standard error so far
    [[nodiscard]] long resident_kib() const;   // memory that it occupies

  private:
    std::filesystem::path folder_;
    pid_t id_ = -1;
    std::optional<Exit> exit_;
};

struct Ended {
    Exit exit;
    std::string output, errors;
};
// Runs a program that is expected to end by itself.
[[nodiscard]] Ended run(const std::string& program, const std::vector<std::string>& arguments,
                        const Variables& environment = {},
                        std::chrono::milliseconds limit = std::chrono::seconds{20});

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// A loopback port that nobody listens on now, and that was given to nobody before: neither here nor in another program
// of ours that runs.
[[nodiscard]] std::uint16_t free_port();

[[nodiscard]] bool listens(std::uint16_t port);
// The whole answer to a GET on a loopback port; empty when there is none.
[[nodiscard]] std::string get(std::uint16_t port, const std::string& path);

}  // namespace stagedoor::fleet
