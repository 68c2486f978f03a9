// One line per event, `time level event key=value …`, to standard error. Never secrets, tokens or personal
// data.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace stagedoor::log {

enum class Level { debug, info, warning, error, off };

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

// Sets the least level that is written. Lines reach standard error within a second, warnings and errors at
// once; when its reader stands still, 1 MiB of them wait for it and the oldest are dropped.
void start(Level least);
// Writes what waits, for half a second at most if its reader is slow. Called once, at the end.
void stop();

void write(Level level, std::string_view event, std::initializer_list<Field> fields);
[[nodiscard]] bool enabled(Level level);

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
