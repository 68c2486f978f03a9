#include "common/runtime/log.hpp"

#include <limits.h>
#include <poll.h>
#include <spdlog/pattern_formatter.h>
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
        case Level::security:
            return spdlog::level::critical;
        case Level::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

// Prints our name of a level: spdlog has none for the security log.
class LevelName final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        auto name = message.level == spdlog::level::critical ? spdlog::string_view_t{"security"}
                                                             : spdlog::level::to_string_view(message.level);
        out.append(name.data(), name.data() + name.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelName>(); }
};

using Clock = std::chrono::steady_clock;

bool writes_to_a_file() {
    struct stat about{};
    return ::fstat(STDERR_FILENO, &about) == 0 && S_ISREG(about.st_mode);
}

// Whether a write of PIPE_BUF bytes would not block. On an error it returns true, and the write reports the
// error.
bool is_writable(Clock::time_point deadline) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd standard_error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&standard_error, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
}

// Buffers lines and writes them in batches: at 64 KiB, every second, and at once after a warning or error.
// Writing every request's line by itself would cost as much as the request.
//
// Requests log, so nothing here waits for a slow reader (`2>&1 | less`): lines it doesn't read stay in the
// buffer, and beyond 1 MiB the oldest are dropped and counted.
class BufferingSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    ~BufferingSink() override { write_out(Clock::now() + std::chrono::milliseconds{500}); }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        buffer_ += formatted(message);
        if (buffer_.size() >= write_threshold) write_out(Clock::now());
        if (buffer_.size() > max_buffered) drop_oldest();
    }
    void flush_() override { write_out(Clock::now()); }

  private:
    static constexpr std::size_t write_threshold = 64 * 1024, max_buffered = 1024 * 1024;

    std::string formatted(const spdlog::details::log_msg& message) {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        return {line.data(), line.size()};
    }

    void write_out(Clock::time_point deadline) {
        auto to_file = writes_to_a_file();
        std::size_t done = 0;
        while (done < buffer_.size() && (to_file || is_writable(deadline))) {
            if (dropped_ > 0 && !within_line_) {
                buffer_.replace(0, done, dropped_message());
                done = 0;
            }
            auto written = ::write(STDERR_FILENO, buffer_.data() + done, next_write_size(done, to_file));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0 && errno == EAGAIN) break;
            if (written <= 0) {  // standard error is broken: drop the lines and carry on
                done = buffer_.size();
                within_line_ = false;
                break;
            }
            done += static_cast<std::size_t>(written);
            within_line_ = buffer_[done - 1] != '\n';
        }
        buffer_.erase(0, done);
        if (buffer_.empty() && buffer_.capacity() > 2 * write_threshold) buffer_.shrink_to_fit();
    }

    // Whole lines where possible, as others may write to the same pipe.
    [[nodiscard]] std::size_t next_write_size(std::size_t begin, bool to_file) const {
        auto size = buffer_.size() - begin;
        // Finishes the current line, so that the message about dropped lines comes next.
        if (dropped_ > 0 && within_line_) size = buffer_.find('\n', begin) + 1 - begin;
        if (to_file || size <= PIPE_BUF) return size;
        auto last = std::string_view{buffer_}.substr(begin, PIPE_BUF).rfind('\n');
        return last == std::string_view::npos ? PIPE_BUF : last + 1;
    }

    // Drops a quarter at a time, for speed; never the rest of a partly written line.
    void drop_oldest() {
        auto begin = within_line_ ? buffer_.find('\n') + 1 : 0;
        auto end = begin;
        while (end < buffer_.size() && buffer_.size() - (end - begin) > max_buffered / 4 * 3) {
            end = buffer_.find('\n', end) + 1;
            ++dropped_;
        }
        buffer_.erase(begin, end - begin);
    }

    std::string dropped_message() {
        auto text =
            fmt::format("log-lines-dropped reason=\"standard error was not read\" lines={}", dropped_);
        dropped_ = 0;
        return formatted({"stagedoor", spdlog::level::warn, text});
    }

    std::string buffer_;        // whole lines, except perhaps the first
    bool within_line_ = false;  // part of the first line has been written
    std::size_t dropped_ = 0;
};

bool is_plain(std::string_view text) {
    for (auto c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return false;
    }
    return !text.empty();
}

// Quotes a value unless it is plain, so that nothing a caller sends can forge a line or a field.
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

void start(Level min_level) {
    auto logger = std::make_shared<spdlog::logger>("stagedoor", std::make_shared<BufferingSink>());
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %* %v");
    logger->set_formatter(std::move(formatter));
    logger->set_level(of(min_level));
    spdlog::set_default_logger(std::move(logger));
    spdlog::flush_every(std::chrono::seconds{1});
}

void stop() { spdlog::shutdown(); }

bool enabled(Level level) {
    auto* logger = spdlog::default_logger_raw();
    return logger && logger->should_log(of(level));
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
    if (!enabled(level)) return;
    std::string line{event};
    for (const auto& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        append_value(line, field.value);
    }
    spdlog::default_logger_raw()->log(of(level), line);
    // Not the security log: under an attack it has a line for every request.
    if (level == Level::warning || level == Level::error) spdlog::default_logger_raw()->flush();
}

}  // namespace stagedoor::log
