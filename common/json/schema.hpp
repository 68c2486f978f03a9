// The JSON Schema (2020-12) of a described struct: of what the reader accepts, with its limits, or of what is
// written.
#pragma once

#include <concepts>
#include <utility>

#include "common/json/described.hpp"
#include "common/json/object.hpp"

namespace stagedoor::json {

// A member with a default may be absent from what is read, and is always written. An amount is read as a
// number or as text, and is written as a number. An event may be in a currency that is added later.
enum class SchemaOf { read, written, event };

template <class T>
[[nodiscard]] Value schema(SchemaOf use);

[[nodiscard]] Value amount_schema();
[[nodiscard]] Value money_schema(SchemaOf use);
[[nodiscard]] Value currency_schema(SchemaOf use);

template <class T>
[[nodiscard]] Value object_schema(SchemaOf use) {
    auto properties = object({});
    Array required;
    auto property = [&](std::string_view name, Value schema, bool is_required) {
        add_member(properties, name, std::move(schema));
        if (is_required) required.emplace_back(std::string{name});
    };
    T example{};
    for_each_member(example, [&](auto D, auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        const auto& name = wire_name<decltype(D)>();
        if constexpr (std::same_as<M, Money> || std::same_as<M, std::optional<Money>>) {
            auto currency = currency_schema(use);
            if (use == SchemaOf::read) add_member(currency, "default", "USD");
            property(name, money_schema(use), std::same_as<M, Money>);
            property("currency", std::move(currency), use != SchemaOf::read && std::same_as<M, Money>);
        } else {
            auto is_required = use == SchemaOf::read ? !may_be_absent<M> : !is_a<std::optional, M>;
            property(name, schema<M>(use), is_required || is_a<Nullable, M>);
        }
    });
    auto all = object({{"type", "object"}, {"properties", std::move(properties)}});
    if (!required.empty()) add_member(all, "required", std::move(required));
    return all;
}

template <std::size_t Min, std::size_t Max>
Value schema_of(const Text<Min, Max>&, SchemaOf) {
    return object({{"type", "string"}, {"minLength", Min}, {"maxLength", Max}});
}

template <std::size_t Max>
Value schema_of(const SearchText<Max>&, SchemaOf) {
    return object({{"type", "string"}, {"maxLength", Max}});
}

template <std::int64_t Min, std::int64_t Max, std::int64_t Default>
Value schema_of(const Whole<Min, Max, Default>&, SchemaOf) {
    auto whole = object({{"type", "integer"}, {"minimum", Min}, {"maximum", Max}});
    if (Default != no_default) add_member(whole, "default", Default);
    return whole;
}

template <class E, std::size_t Min, std::size_t Max>
Value schema_of(const List<E, Min, Max>&, SchemaOf use) {
    return object({{"type", "array"}, {"minItems", Min}, {"maxItems", Max}, {"items", schema<E>(use)}});
}

template <class E>
Value schema_of(const Nullable<E>&, SchemaOf use) {
    return object({{"anyOf", array({object({{"type", "null"}}), schema<E>(use)})}});
}

template <class T>
Value schema(SchemaOf use) {
    if constexpr (std::same_as<T, bool>) {
        return object({{"type", "boolean"}});
    } else if constexpr (std::integral<T>) {
        return object({{"type", "integer"}});
    } else if constexpr (std::same_as<T, std::string>) {
        return object({{"type", "string"}});
    } else if constexpr (std::same_as<T, Value>) {
        return object({});
    } else if constexpr (std::same_as<T, Amount> || std::same_as<T, AnyAmount>) {
        return amount_schema();
    } else if constexpr (std::same_as<T, Money>) {
        return money_schema(use);
    } else if constexpr (std::same_as<T, Currency>) {
        return currency_schema(use);
    } else if constexpr (std::same_as<T, Instant>) {
        return object({{"type", "string"}, {"format", "date-time"}});
    } else if constexpr (is_id<T>) {
        return object({{"type", "string"}, {"minLength", 1}, {"maxLength", 100}});
    } else if constexpr (is_a<std::vector, T>) {
        return object({{"type", "array"}, {"items", schema<typename T::value_type>(use)}});
    } else if constexpr (is_a<std::optional, T>) {
        return schema<typename T::value_type>(use);
    } else if constexpr (requires(const T& example) { schema_of(example, use); }) {
        return schema_of(T{}, use);
    } else if constexpr (NamedEnum<T>) {
        Array names;
        for (const auto& [value, name] : wire_names(T{})) names.emplace_back(std::string{name});
        return object({{"type", "string"}, {"enum", std::move(names)}});
    } else {
        static_assert(Described<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        return object_schema<T>(use);
    }
}

}  // namespace stagedoor::json
