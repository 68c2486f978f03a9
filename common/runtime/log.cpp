#include "common/runtime/log.hpp"

#include <limits.h>
#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace stagedoor::log {
namespace {

spdlog::level::level_enum of(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

using Clock = std::chrono::steady_clock;

bool writes_to_a_file() {
    struct stat about{};
    return ::fstat(STDERR_FILENO, &about) == 0 && S_ISREG(about.st_mode);
}

// Whether a write of PIPE_BUF bytes would not have to wait for the reader. An error is found by the write.
bool writable(Clock::time_point deadline) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd errors{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&errors, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
}

// Gathers lines and writes them together: when there are 64 KiB, every second, and at once from a warning on.
// A line for each request would otherwise cost as much as the request.
//
// Requests log, so nothing here waits for the reader (`2>&1 | less`): what it doesn't take stays gathered,
// and beyond 1 MiB the oldest lines are dropped and counted.
class GatheringSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    ~GatheringSink() override { write_out(Clock::now() + std::chrono::milliseconds{500}); }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        waiting_ += formatted(message);
        if (waiting_.size() >= write_from) write_out(Clock::now());
        if (waiting_.size() > most_waiting) drop_oldest();
    }
    void flush_() override { write_out(Clock::now()); }

  private:
    static constexpr std::size_t write_from = 64 * 1024, most_waiting = 1024 * 1024;

    std::string formatted(const spdlog::details::log_msg& message) {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        return {line.data(), line.size()};
    }

    void write_out(Clock::time_point deadline) {
        auto to_file = writes_to_a_file();
        std::size_t done = 0;
        while (done < waiting_.size() && (to_file || writable(deadline))) {
            if (dropped_ > 0 && !within_line_) {
                waiting_.replace(0, done, how_many_dropped());
                done = 0;
            }
            auto written = ::write(STDERR_FILENO, waiting_.data() + done, next_part(done, to_file));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0 && errno == EAGAIN) break;
            if (written <= 0) {  // nobody reads it: a log is not worth stopping for
                done = waiting_.size();
                within_line_ = false;
                break;
            }
            done += static_cast<std::size_t>(written);
            within_line_ = waiting_[done - 1] != '\n';
        }
        waiting_.erase(0, done);
        if (waiting_.empty() && waiting_.capacity() > 2 * write_from) waiting_.shrink_to_fit();
    }

    // Whole lines where possible: others may write to the same pipe.
    [[nodiscard]] std::size_t next_part(std::size_t begin, bool to_file) const {
        auto size = waiting_.size() - begin;
        if (dropped_ > 0 && within_line_) size = waiting_.find('\n', begin) + 1 - begin;  // then say so
        if (to_file || size <= PIPE_BUF) return size;
        auto last = std::string_view{waiting_}.substr(begin, PIPE_BUF).rfind('\n');
        return last == std::string_view::npos ? PIPE_BUF : last + 1;
    }

    // A quarter at once, for the sake of speed; never the rest of a line that is begun.
    void drop_oldest() {
        auto begin = within_line_ ? waiting_.find('\n') + 1 : 0;
        auto end = begin;
        while (end < waiting_.size() && waiting_.size() - (end - begin) > most_waiting / 4 * 3) {
            end = waiting_.find('\n', end) + 1;
            ++dropped_;
        }
        waiting_.erase(begin, end - begin);
    }

    std::string how_many_dropped() {
        auto text = fmt::format("lines were dropped, as nobody read the log lines={}", dropped_);
        dropped_ = 0;
        return formatted({"stagedoor", spdlog::level::warn, text});
    }

    std::string waiting_;       // whole lines, but for the first
    bool within_line_ = false;  // of the first a part is written
    std::size_t dropped_ = 0;
};

bool is_plain(std::string_view text) {
    for (auto c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return false;
    }
    return !text.empty();
}

// Quoted unless plain, so that nothing a caller sends can start a line or a field of its own.
void append_value(std::string& line, std::string_view value) {
    if (is_plain(value)) {
        line += value;
        return;
    }
    line += '"';
    for (auto c : value) {
        if (c == '"' || c == '\\') line += '\\';
        if (c == '\n')
            line += "\\n";
        else if (static_cast<unsigned char>(c) < ' ' || c == 0x7F)
            line += '?';
        else
            line += c;
    }
    line += '"';
}

}  // namespace

void start(Level least) {
    auto logger = std::make_shared<spdlog::logger>("stagedoor", std::make_shared<GatheringSink>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(of(least));
    logger->flush_on(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
    spdlog::flush_every(std::chrono::seconds{1});
}

void stop() { spdlog::shutdown(); }

bool enabled(Level level) {
    auto* logger = spdlog::default_logger_raw();
    return logger && logger->should_log(of(level));
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    std::string line{event};
    for (const auto& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        append_value(line, field.value);
    }
    spdlog::default_logger_raw()->log(of(level), line);
}

}  // namespace stagedoor::log
