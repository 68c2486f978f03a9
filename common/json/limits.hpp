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

// Text of `Min` to `Max` characters (code points) in Unicode's NFC, after trimming white space at both ends;
// no control characters except line breaks and tabs, none that are invisible or change the direction of text.
// Text of which nothing can be seen counts as empty.
template <std::size_t Min, std::size_t Max>
struct Text {
    std::string value;

    Text() = default;
    Text(std::string text) : value(std::move(text)) {}
    operator const std::string&() const { return value; }
    bool operator==(const Text&) const = default;
};

// Words to search for: like Text<0, Max>, but what can't be seen is dropped instead of rejected, as nobody
// notices when they paste it.
template <std::size_t Max>
struct SearchText {
    std::string value;
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

// An amount of which the currency is not known when it is read, but only what it is compared with.
struct AnyAmount {
    std::int64_t thousandths = 0;  // no currency has more decimals

    [[nodiscard]] bool is_less_than(const Money& money) const;
};

// A member that is always written, if empty as null, whereas an empty std::optional is omitted.
template <class T>
struct Nullable {
    std::optional<T> value;
};

}  // namespace stagedoor::json
