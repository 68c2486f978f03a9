// The members that every event struct has beside its data:
//   subject      "order.created": entity and past tense
//   source       the service that publishes it
//   entity_id()  the entity it is about
//   version      counts the events of that entity, all its subjects together, from 1 without gaps
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::contracts {

template <class E>
concept Event = requires(const E& event) {
    { E::subject } -> std::convertible_to<std::string_view>;
    { E::source } -> std::convertible_to<std::string_view>;
    { event.entity_id() } -> std::convertible_to<std::string>;
    { event.version } -> std::convertible_to<std::int64_t>;
};

// "order" of "order.created".
constexpr std::string_view entity_of(std::string_view subject) {
    return subject.substr(0, subject.find('.'));
}

}  // namespace stagedoor::contracts
