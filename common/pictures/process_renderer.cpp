#include "common/pictures/process_renderer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "common/errors.hpp"
#include "common/pictures/place.hpp"
#include "common/pictures/protocol.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::pictures {
namespace {

using Ticks = std::chrono::steady_clock;

// Seven files, the largest of 1.9 megapixels.
constexpr std::size_t max_output = 24 * 1024 * 1024;

[[noreturn]] void fail(const char* what, int error = errno) {
    throw std::runtime_error(std::string{what} + ": " + std::generic_category().message(error));
}

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("can't make a pipe");
        read = ends[0];
        write = ends[1];
    }
    ~Pipe() {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_read() {
        if (read >= 0) ::close(std::exchange(read, -1));
    }
    void close_write() {
        if (write >= 0) ::close(std::exchange(write, -1));
    }
    int read = -1, write = -1;
};

// A process of the program: killed, if it still runs, and waited for at the end.
class Process {
  public:
    Process(const std::filesystem::path& program, Pipe& input, Pipe& output) {
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawn_file_actions_adddup2(&files, input.read, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&files, output.write, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        sigset_t defaults, none;
        ::sigemptyset(&none);
        ::sigfillset(&defaults);
        ::posix_spawnattr_setsigdefault(&attributes, &defaults);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        auto name = program.string();
        std::array<char*, 2> arguments{name.data(), nullptr};
        std::array<char*, 1> no_environment{nullptr};  // ours has secrets
        auto error =
            ::posix_spawn(&id_, name.c_str(), &files, &attributes, arguments.data(), no_environment.data());
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&files);
        input.close_read();
        output.close_write();
        if (error != 0) fail(("can't run " + name).c_str(), error);
    }
    ~Process() {
        ::kill(id_, SIGKILL);  // it is still ours to wait for, so its id is no other's
        while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

  private:
    pid_t id_ = 0;
};

// What it writes until it closes its output; nothing if that is too much. Throws std::runtime_error when it
// can't be run, at the deadline, and when `stop` becomes readable.
std::string exchange(const std::filesystem::path& program, std::string_view input,
                     std::chrono::milliseconds timeout, int stop) {
    auto deadline = Ticks::now() + timeout;
    Pipe to, from;
    if (::fcntl(to.write, F_SETFL, O_NONBLOCK) != 0) fail("can't prepare a pipe");
    Process process{program, to, from};
    std::string output;
    std::string piece(64 * 1024, '\0');
    for (;;) {
        if (input.empty()) to.close_write();
        std::array<pollfd, 3> waits{pollfd{from.read, POLLIN, 0}, pollfd{stop, POLLIN, 0},
                                    pollfd{to.write, POLLOUT, 0}};  // negative ones are ignored
        auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Ticks::now()).count();
        // Says nothing about the picture: one that takes too much CPU time is ended by its own limit.
        if (left <= 0) throw std::runtime_error("it took too long");
        if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) fail("poll");
        if (waits[1].revents != 0) throw std::runtime_error("the program stops");
        if (waits[2].revents != 0) {
            auto written = ::write(to.write, input.data(), input.size());
            // A process that has seen enough reads no more; what it says about it still counts.
            if (written < 0 && errno != EAGAIN) input = {};
            if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
        }
        if (waits[0].revents != 0) {
            auto count = ::read(from.read, piece.data(), piece.size());
            if (count < 0) fail("can't read");
            if (count == 0) return output;
            output.append(piece, 0, static_cast<std::size_t>(count));
            if (output.size() > max_output) return {};
        }
    }
}

class ProcessRenderer final : public Renderer {
  public:
    explicit ProcessRenderer(ProcessOptions options) : options_(std::move(options)) {}
    ~ProcessRenderer() override { close(); }

    Task<std::optional<Rendition>> resize(std::string upload) override {
        using protocol::picture_files;
        auto response = co_await run({protocol::Kind::picture, {}, std::move(upload)}, picture_files.size(),
                                     options_.max_waiting);
        if (!response || !response->refused.empty()) co_return std::nullopt;
        Rendition rendition{response->width, response->height, {}};
        for (std::size_t i = 0; i < picture_files.size(); ++i)
            rendition.files.push_back({std::string{picture_files[i]}, std::move(response->files[i])});
        co_return rendition;
    }

    Task<std::string> preview(std::string svg, std::string background) override {
        auto response = co_await run({protocol::Kind::preview, std::move(background), std::move(svg)},
                                     protocol::preview_files.size(), options_.max_waiting / 4);
        if (!response || !response->refused.empty())
            throw std::runtime_error("a drawing could not be made a PNG: " +
                                     (response ? response->refused : std::string{"no response"}));
        co_return std::move(response->files.front());
    }

    void close() override {
        if (closed_.exchange(true)) return;
        stop_.close_write();  // which makes the other end readable
        std::lock_guard lock{mutex_};
        if (!threads_) return;
        threads_->stop();
        threads_.reset();  // with what still waits, whose callers' loops end next
    }

  private:
    // nullopt: it crashed or made no sense. All the same to the caller: it is about these bytes.
    // Previews, which anybody can ask for, leave places in the queue to uploads.
    Task<std::optional<protocol::Response>> run(protocol::Request request, std::size_t files,
                                                int max_waiting) {
        Place place{taken_, options_.max_concurrent + max_waiting, std::chrono::seconds{5}};
        auto executor = threads().executor();
        co_return co_await boost::asio::co_spawn(executor, run_here(std::move(request), files),
                                                 boost::asio::use_awaitable);
    }

    Task<std::optional<protocol::Response>> run_here(protocol::Request request, std::size_t files) {
        auto input = protocol::to_text(request);
        request = {};
        std::optional<protocol::Response> response;
        try {
            auto output = exchange(options_.program, input, options_.timeout, stop_.read);
            response = protocol::read_response(output, files);
            if (response && response->refused.starts_with(protocol::failed))  // not the picture's fault
                throw std::runtime_error(response->refused);
        } catch (const std::exception& error) {
            if (!closed_) log::error("picture not rendered", {{"reason", error.what()}});
            throw Unavailable("This isn't possible right now. Please try again"_text,
                              std::chrono::seconds{5});
        }
        if (!response) log::warning("picture not rendered", {{"reason", "the process crashed"}});
        co_return response;
    }

    runtime::EventLoopThread& threads() {
        std::lock_guard lock{mutex_};
        if (closed_) throw Unavailable("This isn't possible right now. Please try again"_text);
        if (!threads_) threads_.emplace(options_.max_concurrent);
        return *threads_;
    }

    const ProcessOptions options_;
    Pipe stop_;
    std::atomic<bool> closed_ = false;
    std::atomic<int> taken_ = 0;
    std::mutex mutex_;
    std::optional<runtime::EventLoopThread> threads_;
};

}  // namespace

std::unique_ptr<Renderer> make_process_renderer(ProcessOptions options) {
    return std::make_unique<ProcessRenderer>(std::move(options));
}

}  // namespace stagedoor::pictures
