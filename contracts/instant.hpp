// A point in time: UTC, whole milliseconds; RFC 3339 on the wire ("2026-05-01T19:30:00.000Z").
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor {

struct Instant {
    std::int64_t milliseconds = 0;  // since 1970-01-01T00:00:00Z

    auto operator<=>(const Instant&) const = default;
    Instant operator+(std::chrono::milliseconds d) const { return {milliseconds + d.count()}; }
    Instant operator-(std::chrono::milliseconds d) const { return {milliseconds - d.count()}; }
    std::chrono::milliseconds operator-(Instant other) const {
        return std::chrono::milliseconds{milliseconds - other.milliseconds};
    }

    // Always with milliseconds and a Z. For the years 1970 to 9999.
    [[nodiscard]] std::string to_text() const;

    // RFC 3339 with any offset and 0 to 9 decimals, truncated to milliseconds; nullopt for anything else, and
    // outside the years 1970 to 9999.
    [[nodiscard]] static std::optional<Instant> parse(std::string_view text);
};

}  // namespace stagedoor
