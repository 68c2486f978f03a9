// A parsed JSON document. Boost.JSON parses it into values of our own, because a number must keep its text:
// money is read from the text, never through a double.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "contracts/message.hpp"

namespace stagedoor::json {

class Value;
struct Number {
    std::string text;  // as in the document, e.g. "19.99" or "1e3"
};
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // in the document's order; names are unique

class Value {
  public:
    std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> held = nullptr;

    Value() = default;
    template <class T>
    explicit Value(T value) : held(std::move(value)) {}

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(held); }
    [[nodiscard]] const Object* object() const { return std::get_if<Object>(&held); }
    [[nodiscard]] const Array* array() const { return std::get_if<Array>(&held); }
    [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&held); }
    [[nodiscard]] const Number* number() const { return std::get_if<Number>(&held); }
    [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&held); }

    // The member with this name; a null value (find(): nullptr) if there is none or this is not an object.
    [[nodiscard]] const Value& operator[](std::string_view name) const;
    [[nodiscard]] const Value* find(std::string_view name) const;
};

// Parses strict JSON: valid UTF-8, at most 32 levels deep, no duplicate names in an object; ignores a byte
// order mark, which some programs write (RFC 8259, 8.1). The error is a message for the caller that says what
// is wrong and where.
[[nodiscard]] std::expected<Value, Message> parse(std::string_view text);

// The document in one form: compact, members sorted by name.
[[nodiscard]] std::string canonical(const Value& value);

// Appends `text` as a quoted JSON string. Invalid UTF-8 becomes U+FFFD.
void write_string(std::string& out, std::string_view text);

// Appends the document in compact form, with numbers as they were read.
void write_value(std::string& out, const Value& value);

}  // namespace stagedoor::json
