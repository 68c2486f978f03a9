#include "common/runtime/log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

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

// Gathers lines and writes them together: when there are 64 KiB, every second, and at once from a warning on.
// A line for each request would otherwise cost as much as the request.
class GatheringSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    ~GatheringSink() override { write_out(); }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        formatter_->format(message, waiting_);
        if (waiting_.size() >= 64 * 1024) write_out();
    }
    void flush_() override { write_out(); }

  private:
    void write_out() {
        std::string_view rest{waiting_.data(), waiting_.size()};
        while (!rest.empty()) {
            auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) break;  // nobody reads it: a log is not worth stopping for
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        waiting_.clear();
    }

    spdlog::memory_buf_t waiting_;
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
