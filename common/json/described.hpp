// What the reader, the writer and the schema share: how a struct described by BOOST_DESCRIBE_STRUCT looks in
// JSON. The member `starts_at` becomes "startsAt". A Money member becomes two: the decimal amount under its
// own name, and "currency".
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/json/limits.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor {
template <class Kind>
struct Id;
}

namespace stagedoor::json {

template <class T>
using Members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value && std::is_class_v<T>;

// An enum with a constexpr function `wire_names(E)` that returns an array of pairs {value, text}.
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) { wire_names(value); };

template <NamedEnum E>
constexpr std::string_view to_text(E value) {
    for (const auto& [each, text] : wire_names(E{})) {
        if (each == value) return text;
    }
    return {};
}

template <NamedEnum E>
constexpr std::optional<E> from_text(std::string_view text) {
    for (const auto& [each, name] : wire_names(E{})) {
        if (name == text) return each;
    }
    return std::nullopt;
}

template <template <class...> class Template, class T>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... A>
inline constexpr bool is_a<Template, Template<A...>> = true;

template <class T>
inline constexpr bool is_text = false;
template <std::size_t Min, std::size_t Max>
inline constexpr bool is_text<Text<Min, Max>> = true;

template <class T>
inline constexpr bool is_search_text = false;
template <std::size_t Max>
inline constexpr bool is_search_text<SearchText<Max>> = true;

template <class T>
inline constexpr bool is_whole = false;
template <std::int64_t Min, std::int64_t Max, std::int64_t Default>
inline constexpr bool is_whole<Whole<Min, Max, Default>> = true;

template <class T>
inline constexpr bool is_list = false;
template <class T, std::size_t Min, std::size_t Max>
inline constexpr bool is_list<List<T, Min, Max>> = true;

template <class T>
inline constexpr bool is_id = false;
template <class Kind>
inline constexpr bool is_id<Id<Kind>> = true;

// Whether a member of this type may be absent from a request.
template <class T>
inline constexpr bool may_be_absent = is_a<std::optional, T> || is_a<Nullable, T>;
template <std::int64_t Min, std::int64_t Max, std::int64_t Default>
inline constexpr bool may_be_absent<Whole<Min, Max, Default>> = Default != no_default;

inline std::string camel_case(std::string_view snake) {
    std::string text;
    for (std::size_t i = 0; i < snake.size(); ++i) {
        if (snake[i] == '_' && i + 1 < snake.size()) {
            text += static_cast<char>(snake[++i] - 'a' + 'A');
        } else {
            text += snake[i];
        }
    }
    return text;
}

// The JSON name of the described member D.
template <class D>
const std::string& wire_name() {
    static const std::string name = camel_case(D::name);
    return name;
}

// Calls f(descriptor, value) for each described member.
template <class T, class F>
void for_each_member(T& object, F&& f) {
    boost::mp11::mp_for_each<Members<std::remove_const_t<T>>>([&](auto D) { f(D, object.*D.pointer); });
}

}  // namespace stagedoor::json
