// Member types with limits. The reader rejects values that break them and names the field; the schema, and so
// the OpenAPI document, states them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/money.hpp"

namespace stagedoor::json {

// Text of `Min` to `Max` characters (code points) after trimming white space at both ends; no control
// characters except line breaks and tabs.
template <std::size_t Min, std::size_t Max>
struct Text {
    std::string value;

    Text() = default;
    Text(std::string text) : value(std::move(text)) {}
    operator const std::string&() const { return value; }
    bool operator==(const Text&) const = default;
};

inline constexpr std::int64_t no_default = std::numeric_limits<std::int64_t>::min();

// A whole number from `Min` to `Max`; with a `Default` it may be absent.
template <std::int64_t Min, std::int64_t Max, std::int64_t Default = no_default>
struct Whole {
    std::int64_t value = Default == no_default ? Min : Default;

    Whole() = default;
    Whole(std::int64_t number) : value(number) {}
    operator std::int64_t() const { return value; }
};

// `Min` to `Max` elements.
template <class T, std::size_t Min, std::size_t Max>
struct List {
    std::vector<T> value;

    [[nodiscard]] auto begin() const { return value.begin(); }
    [[nodiscard]] auto end() const { return value.end(); }
    [[nodiscard]] std::size_t size() const { return value.size(); }
};

// Another amount in a struct that already has a Money: in the same currency, which is not repeated.
struct Amount {
    Money money;
};

// A member that is always written, if empty as null, whereas an empty std::optional is omitted.
template <class T>
struct Nullable {
    std::optional<T> value;
};

}  // namespace stagedoor::json
