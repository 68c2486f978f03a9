// Writes described structs as JSON, straight into a string without a tree in between.
#pragma once

#include <charconv>
#include <concepts>
#include <string>

#include "common/json/described.hpp"
#include "common/json/value.hpp"

namespace stagedoor::json {

template <class T>
void write(std::string& out, const T& value);

inline void write_whole(std::string& out, std::int64_t number) {
    char digits[24];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, end);
}

template <class Range>
void write_elements(std::string& out, const Range& range) {
    out += '[';
    bool first = true;
    for (const auto& element : range) {
        if (!std::exchange(first, false)) out += ',';
        write(out, element);
    }
    out += ']';
}

template <class T>
void write_members(std::string& out, const T& object) {
    out += '{';
    bool first = true;
    auto name = [&](std::string_view text) {
        if (!std::exchange(first, false)) out += ',';
        out += '"';
        out += text;
        out += "\":";
    };
    auto money = [&](std::string_view member, const Money& amount) {
        name(member);
        out += amount.to_text();
        name("currency");
        out += '"';
        out += amount.currency.code();
        out += '"';
    };
    for_each_member(object, [&](auto D, const auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        if constexpr (std::same_as<M, Money>) {
            money(wire_name<decltype(D)>(), member);
        } else if constexpr (std::same_as<M, std::optional<Money>>) {
            if (member) money(wire_name<decltype(D)>(), *member);
        } else if constexpr (is_a<std::optional, M>) {
            if (!member) return;
            name(wire_name<decltype(D)>());
            write(out, *member);
        } else {
            name(wire_name<decltype(D)>());
            write(out, member);
        }
    });
    out += '}';
}

template <class T>
void write(std::string& out, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        out += value ? "true" : "false";
    } else if constexpr (std::integral<T>) {
        write_whole(out, static_cast<std::int64_t>(value));
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        write_string(out, value);
    } else if constexpr (std::same_as<T, Instant>) {
        write_string(out, value.to_text());
    } else if constexpr (std::same_as<T, Currency>) {
        write_string(out, value.code());
    } else if constexpr (std::same_as<T, Amount>) {
        out += value.money.to_text();
    } else if constexpr (std::same_as<T, Value>) {
        write_value(out, value);
    } else if constexpr (is_id<T>) {
        write_string(out, value.text);
    } else if constexpr (is_text<T> || is_search_text<T>) {
        write_string(out, value.value);
    } else if constexpr (is_whole<T>) {
        write_whole(out, value.value);
    } else if constexpr (is_list<T>) {
        write_elements(out, value.value);
    } else if constexpr (is_a<std::vector, T>) {
        write_elements(out, value);
    } else if constexpr (is_a<Nullable, T>) {
        if (value.value)
            write(out, *value.value);
        else
            out += "null";
    } else if constexpr (NamedEnum<T>) {
        write_string(out, to_text(value));
    } else {
        static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        write_members(out, value);
    }
}

template <class T>
[[nodiscard]] std::string to_json(const T& value) {
    std::string out;
    write(out, value);
    return out;
}

}  // namespace stagedoor::json
