// A response's body that goes on for as long as the service has something to say.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::http {

// The service sends parts, the connection takes and writes them. It belongs to the response, and then to
// the connection: the service keeps a weak_ptr, and learns from `on_end` that nobody reads any longer. Any
// thread.
class BodyStream {
  public:
    // Shared: one event is sent to many readers.
    using Part = std::shared_ptr<const std::string>;

    enum class End {
        finished,  // by the service
        left,      // the reader is gone, or never came
        too_slow,  // too much waited for the reader
        drained,   // the server stops
    };

    struct Options {
        std::size_t max_waiting = std::size_t{32} * 1024;  // bytes; a reader for whom more waits is too slow
        std::string heartbeat = {};                        // sent when nothing else was for a while
        std::string farewell = {};                         // sent last when the server stops
        std::function<void(End)> on_end = {};              // called once; must not block
    };

    explicit BodyStream(Options options) : options_(std::move(options)) {}
    ~BodyStream() { close(End::left); }
    BodyStream(const BodyStream&) = delete;
    BodyStream& operator=(const BodyStream&) = delete;

    // ---- for the service

    // False if it has ended, as it does when the reader is too slow for this part.
    bool send(Part part);
    // Ends it after what has been sent.
    void finish() { close(End::finished); }

    // ---- for what carries it to the reader

    // Calls `wake` whenever there is something to take. It must only post.
    void connect(std::function<void()> wake);
    struct Taken {
        std::vector<Part> parts;
        std::optional<End> end;  // set: these parts are the last
    };
    [[nodiscard]] Taken take();
    void close(End why);

    [[nodiscard]] std::optional<End> end() const;
    [[nodiscard]] const std::string& heartbeat() const { return options_.heartbeat; }

  private:
    void end_as(std::unique_lock<std::mutex>& lock, End why);

    Options options_;
    mutable std::mutex mutex_;
    std::function<void()> wake_;
    std::vector<Part> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<End> end_;
};

}  // namespace stagedoor::http
