// Reads described structs from JSON: ignores unknown members and reports all problems at once, each with its
// field. (Boost 1.81's own conversion rejects unknown members and absent optionals, and names no field.)
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <string>

#include "common/errors.hpp"
#include "common/json/described.hpp"
#include "common/json/value.hpp"

namespace stagedoor::json {

// The state of reading a document: the current path and the problems so far.
struct Reading {
    Instant
        now;  // the time of the request, for times that must not be in the past; 1970 if there is no request
    Problems problems;
    std::string path;

    // Reports a problem with the current value.
    void add_error(Message message) { problems.push_back({std::move(message), path}); }
    // Reports a problem with a member of the current struct, unless that member already has one.
    void add_error_at(std::string_view name, Message message) {
        auto field = path.empty() ? std::string{name} : path + "." + std::string{name};
        auto same = [&](const Problem& problem) { return problem.field == field; };
        if (std::ranges::none_of(problems, same)) problems.push_back({std::move(message), std::move(field)});
    }
};

// These report a problem and return false if the value has the wrong type or breaks the limits. read_text
// normalizes as json::Text says, read_search_text as json::SearchText.
bool read_text(const Value& value, std::string& out, std::size_t min, std::size_t max, Reading& reading);
bool read_search_text(const Value& value, std::string& out, std::size_t max, Reading& reading);
bool read_whole(const Value& value, std::int64_t& out, std::int64_t min, std::int64_t max, Reading& reading);
bool read_currency(const Value& value, Currency& out, Reading& reading);
// `amount` is the member itself, a number or decimal text, and `currency` its sibling (absent: USD).
bool read_money(const Value* amount, const Value* currency, Money& out, Reading& reading);
bool read_any_amount(const Value& value, AnyAmount& out, Reading& reading);
bool read_instant(const Value& value, Instant& out, Reading& reading);

template <class T>
void read_value(const Value& value, T& out, Reading& reading);

template <class T>
void read_elements(const Value& value, std::vector<T>& out, std::size_t min, std::size_t max,
                   Reading& reading) {
    const auto* array = value.array();
    if (!array) return reading.add_error("must be a list"_text);
    if (array->size() < min)
        return reading.add_error(
            "must have at least {count, plural, one {# element} other {# elements}}"_text.with(
                "count", static_cast<std::int64_t>(min)));
    if (array->size() > max)
        return reading.add_error(
            "must have at most {count, plural, one {# element} other {# elements}}"_text.with(
                "count", static_cast<std::int64_t>(max)));
    out.resize(array->size());
    auto path = reading.path;
    for (std::size_t i = 0; i < array->size(); ++i) {
        reading.path = path + "[" + std::to_string(i) + "]";
        read_value((*array)[i], out[i], reading);
    }
    reading.path = std::move(path);
}

template <class T>
void read_members(const Value& value, T& out, Reading& reading) {
    if (!value.object()) return reading.add_error("must be an object"_text);
    auto path = reading.path;
    for_each_member(out, [&](auto D, auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        const auto& name = wire_name<decltype(D)>();
        reading.path = path.empty() ? name : path + "." + name;
        const auto* found = value.find(name);
        if constexpr (std::same_as<M, Money>) {
            read_money(found, value.find("currency"), member, reading);
        } else if constexpr (std::same_as<M, std::optional<Money>>) {
            if (found && !found->is_null())
                read_money(found, value.find("currency"), member.emplace(), reading);
        } else if (found && !(found->is_null() && may_be_absent<M>)) {
            read_value(*found, member, reading);
        } else if constexpr (!may_be_absent<M>) {
            reading.add_error("is missing"_text);
        }
    });
    reading.path = std::move(path);
    // Rules that types can't express: a free function `check(const T&, Reading&)` beside the struct.
    if constexpr (requires { check(out, reading); }) check(out, reading);
}

template <class T>
void read_value(const Value& value, T& out, Reading& reading) {
    if constexpr (std::same_as<T, bool>) {
        if (const auto* boolean = value.boolean())
            out = *boolean;
        else
            reading.add_error("must be true or false"_text);
    } else if constexpr (std::same_as<T, std::string>) {
        if (const auto* text = value.string())
            out = *text;
        else
            reading.add_error("must be text"_text);
    } else if constexpr (std::same_as<T, Value>) {
        out = value;
    } else if constexpr (std::integral<T>) {
        std::int64_t number = 0;
        if (read_whole(value, number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
                       reading)) {
            out = static_cast<T>(number);
        }
    } else if constexpr (std::same_as<T, Instant>) {
        read_instant(value, out, reading);
    } else if constexpr (std::same_as<T, Currency>) {
        read_currency(value, out, reading);
    } else if constexpr (std::same_as<T, AnyAmount>) {
        read_any_amount(value, out, reading);
    } else if constexpr (std::same_as<T, Amount>) {
        reading.add_error("is an amount without a currency"_text);  // an Amount is only written, never read
    } else if constexpr (is_id<T>) {
        read_text(value, out.text, 1, 100, reading);
    } else if constexpr (is_text<T>) {
        [&]<std::size_t Min, std::size_t Max>(Text<Min, Max>& text) {
            read_text(value, text.value, Min, Max, reading);
        }(out);
    } else if constexpr (is_search_text<T>) {
        [&]<std::size_t Max>(SearchText<Max>& text) {
            read_search_text(value, text.value, Max, reading);
        }(out);
    } else if constexpr (is_whole<T>) {
        [&]<std::int64_t Min, std::int64_t Max, std::int64_t Default>(Whole<Min, Max, Default>& whole) {
            read_whole(value, whole.value, Min, Max, reading);
        }(out);
    } else if constexpr (is_list<T>) {
        [&]<class E, std::size_t Min, std::size_t Max>(List<E, Min, Max>& list) {
            read_elements(value, list.value, Min, Max, reading);
        }(out);
    } else if constexpr (is_a<std::vector, T>) {
        read_elements(value, out, 0, 100'000, reading);
    } else if constexpr (is_a<std::optional, T>) {
        if (!value.is_null()) read_value(value, out.emplace(), reading);
    } else if constexpr (is_a<Nullable, T>) {
        if (!value.is_null()) read_value(value, out.value.emplace(), reading);
    } else if constexpr (NamedEnum<T>) {
        const auto* text = value.string();
        auto known = text ? from_text<T>(*text) : std::nullopt;
        if (known) {
            out = *known;
        } else {
            std::string names;
            for (const auto& [each, name] : wire_names(T{}))
                names.append(names.empty() ? "" : ", ").append(name);
            reading.add_error("must be one of {names}"_text.with("names", names));
        }
    } else {
        static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        read_members(value, out, reading);
    }
}

// The struct, or all problems of the document.
template <class T>
[[nodiscard]] std::expected<T, Problems> read(const Value& value, Instant now = {}) {
    T out{};
    Reading reading{.now = now, .problems = {}, .path = {}};
    read_value(value, out, reading);
    if (!reading.problems.empty()) return std::unexpected(std::move(reading.problems));
    return out;
}

template <class T>
[[nodiscard]] std::expected<T, Problems> read(std::string_view text) {
    auto value = parse(text);
    if (!value) return std::unexpected(Problems{{std::move(value.error()), {}}});
    return read<T>(*value);
}

}  // namespace stagedoor::json
