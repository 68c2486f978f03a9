// The JSON Schema (2020-12) of a described struct: of what the reader accepts, with its limits, or of what is
// written.
#pragma once

#include <concepts>
#include <string>

#include "common/json/described.hpp"
#include "common/json/write.hpp"

namespace stagedoor::json {

// A member with a default may be absent from what is read, and is always written. An amount is read as a
// number or as text, and is written as a number. An event may be in a currency that is added later.
enum class SchemaOf { read, written, event };

template <class T>
void write_schema(std::string& out, SchemaOf use);

inline constexpr std::string_view amount_schema = R"({"type":"number","minimum":0})";
inline constexpr std::string_view money_schema = R"({"type":"number","exclusiveMinimum":0})";
// What is read: the pattern is of text, the limits are of a number.
inline constexpr std::string_view money_read_schema =
    R"({"type":["number","string"],"exclusiveMinimum":0,"maximum":999999.99,)"
    R"("pattern":"^([0-9]+[.]?[0-9]*|[.][0-9]+)$"})";
// Without its end, so that a default can follow.
inline void begin_currency_schema(std::string& out, SchemaOf use) {
    if (use == SchemaOf::event) {
        out += R"({"type":"string","pattern":"^[A-Z]{3}$")";
        return;
    }
    out += R"({"type":"string","enum":[)";
    for (int i = 0; i < Currency::count; ++i) {
        if (i > 0) out += ',';
        write_string(out, Currency::at(i).code());
    }
    out += ']';
}

template <class T>
void write_object_schema(std::string& out, SchemaOf use) {
    std::string properties, required;
    auto property = [&](std::string_view name, auto&& schema, bool needed) {
        if (!properties.empty()) properties += ',';
        write_string(properties, name);
        properties += ':';
        schema(properties);
        if (needed) {
            if (!required.empty()) required += ',';
            write_string(required, name);
        }
    };
    T example{};
    for_each_member(example, [&](auto D, auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        if constexpr (std::same_as<M, Money> || std::same_as<M, std::optional<Money>>) {
            property(
                wire_name<decltype(D)>(), [&](std::string& to) { write_schema<Money>(to, use); },
                std::same_as<M, Money>);
            auto currency = [&](std::string& to) {
                begin_currency_schema(to, use);
                to += use == SchemaOf::read ? R"(,"default":"USD"})" : "}";
            };
            property("currency", currency, use != SchemaOf::read && std::same_as<M, Money>);
        } else {
            auto needed = use == SchemaOf::read ? !may_be_absent<M> : !is_a<std::optional, M>;
            property(
                wire_name<decltype(D)>(), [&](std::string& to) { write_schema<M>(to, use); },
                needed || is_a<Nullable, M>);
        }
    });
    out += R"({"type":"object","properties":{)" + properties + "}";
    if (!required.empty()) out += R"(,"required":[)" + required + "]";
    out += '}';
}

template <class T>
void write_schema(std::string& out, SchemaOf use) {
    if constexpr (std::same_as<T, bool>) {
        out += R"({"type":"boolean"})";
    } else if constexpr (std::integral<T>) {
        out += R"({"type":"integer"})";
    } else if constexpr (std::same_as<T, std::string>) {
        out += R"({"type":"string"})";
    } else if constexpr (std::same_as<T, Value>) {
        out += "{}";
    } else if constexpr (std::same_as<T, Amount> || std::same_as<T, AnyAmount>) {
        out += amount_schema;
    } else if constexpr (std::same_as<T, Money>) {
        out += use == SchemaOf::read ? money_read_schema : money_schema;
    } else if constexpr (std::same_as<T, Currency>) {
        begin_currency_schema(out, use);
        out += '}';
    } else if constexpr (std::same_as<T, Instant>) {
        out += R"({"type":"string","format":"date-time"})";
    } else if constexpr (is_id<T>) {
        out += R"({"type":"string","minLength":1,"maxLength":100})";
    } else if constexpr (is_text<T>) {
        []<std::size_t Min, std::size_t Max>(std::string& to, Text<Min, Max>) {
            to += R"({"type":"string","minLength":)" + std::to_string(Min) + R"(,"maxLength":)" +
                  std::to_string(Max) + "}";
        }(out, T{});
    } else if constexpr (is_search_text<T>) {
        []<std::size_t Max>(std::string& to, SearchText<Max>) {
            to += R"({"type":"string","maxLength":)" + std::to_string(Max) + "}";
        }(out, T{});
    } else if constexpr (is_whole<T>) {
        []<std::int64_t Min, std::int64_t Max, std::int64_t Default>(std::string& to,
                                                                     Whole<Min, Max, Default>) {
            to += R"({"type":"integer","minimum":)" + std::to_string(Min) + R"(,"maximum":)" +
                  std::to_string(Max);
            if (Default != no_default) to += R"(,"default":)" + std::to_string(Default);
            to += '}';
        }(out, T{});
    } else if constexpr (is_list<T>) {
        [use]<class E, std::size_t Min, std::size_t Max>(std::string& to, List<E, Min, Max>) {
            to += R"({"type":"array","minItems":)" + std::to_string(Min) + R"(,"maxItems":)" +
                  std::to_string(Max) + R"(,"items":)";
            write_schema<E>(to, use);
            to += '}';
        }(out, T{});
    } else if constexpr (is_a<std::vector, T>) {
        out += R"({"type":"array","items":)";
        write_schema<typename T::value_type>(out, use);
        out += '}';
    } else if constexpr (is_a<std::optional, T>) {
        write_schema<typename T::value_type>(out, use);
    } else if constexpr (is_a<Nullable, T>) {
        out += R"({"anyOf":[{"type":"null"},)";
        write_schema<typename decltype(T::value)::value_type>(out, use);
        out += "]}";
    } else if constexpr (NamedEnum<T>) {
        out += R"({"type":"string","enum":[)";
        bool first = true;
        for (const auto& [value, name] : wire_names(T{})) {
            if (!std::exchange(first, false)) out += ',';
            write_string(out, name);
        }
        out += "]}";
    } else {
        static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        write_object_schema<T>(out, use);
    }
}

template <class T>
[[nodiscard]] std::string schema(SchemaOf use) {
    std::string out;
    write_schema<T>(out, use);
    return out;
}

}  // namespace stagedoor::json
