// Builds a document that reads as it will look: object({{"type", "integer"}, {"minimum", 1}}).
#pragma once

#include <concepts>
#include <initializer_list>

#include "common/json/value.hpp"

namespace stagedoor::json {

// What converts to JSON by itself.
struct Part {
    Part(const char* text) : value(std::string{text}) {}
    Part(std::string_view text) : value(std::string{text}) {}
    Part(std::string text) : value(std::move(text)) {}
    Part(bool truth) : value(truth) {}
    Part(std::integral auto number) : value(Number{std::to_string(number)}) {}
    Part(Number number) : value(std::move(number)) {}
    Part(Array elements) : value(std::move(elements)) {}
    Part(Object members) : value(std::move(members)) {}
    Part(Value any) : value(std::move(any)) {}

    Value value;
};

struct Member {
    std::string_view name;
    Part part;
};

// `object` is an object.
void add_member(Value& object, std::string_view name, Part part);

[[nodiscard]] Value object(std::initializer_list<Member> members);
[[nodiscard]] Value array(std::initializer_list<Part> elements);

}  // namespace stagedoor::json
