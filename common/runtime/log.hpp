// Structured log on standard error, one line per event: `time level event key=value …`. Never log secrets,
// tokens or personal data.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace stagedoor::log {

// `security` is the security log (common/security/security_log.hpp): no lowest level but `off` silences it.
enum class Level { debug, info, warning, error, security, off };

struct Field {
    std::string_view name;
    std::string value;

    Field(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
    Field(std::string_view field, std::string_view text) : name(field), value(text) {}
    Field(std::string_view field, const char* text) : name(field), value(text) {}
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view field, Number number) : name(field), value(fmt::format("{}", number)) {}
};

// Writes lines of `min_level` and above: warnings and errors at once, others within a second. If the reader
// of standard error is stuck, up to 1 MiB is buffered, then the oldest lines are dropped and counted.
void start(Level min_level);
// Writes the buffered lines, for at most half a second if the reader is slow. Call it once, at the end.
void stop();

void write(Level level, std::string_view event, std::span<const Field> fields);
[[nodiscard]] bool enabled(Level level);

inline void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    write(level, event, std::span{fields.begin(), fields.size()});
}
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warning(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warning, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace stagedoor::log
