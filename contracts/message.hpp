// A text for whoever sent a request, which is shown in their language: a pattern in English, by which its
// translations are found (common/language/locales), and the values in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "contracts/instant.hpp"

namespace stagedoor {

class Message {
  public:
    // An instant is shown as its date in UTC.
    using Value = std::variant<std::int64_t, std::string, Instant>;
    struct Argument {
        std::string name;
        Value value;
        bool operator==(const Argument&) const = default;
    };

    Message() = default;
    // A text in the reader's language already, such as another service's, or of no language.
    [[nodiscard]] static Message as_is(std::string text) { return {std::move(text), false}; }
    // A text that was stored as plain English: translated if it is one of ours, otherwise as it is.
    [[nodiscard]] static Message stored(std::string text) { return {std::move(text), true}; }

    [[nodiscard]] Message with(std::string name, std::int64_t number) && {
        arguments_.push_back({std::move(name), number});
        return std::move(*this);
    }
    [[nodiscard]] Message with(std::string name, std::string text) && {
        arguments_.push_back({std::move(name), std::move(text)});
        return std::move(*this);
    }

    [[nodiscard]] Message with(std::string name, Instant date) && {
        arguments_.push_back({std::move(name), date});
        return std::move(*this);
    }

    // In ICU's MessageFormat: "Only {left, number} left".
    [[nodiscard]] const std::string& pattern() const { return pattern_; }
    [[nodiscard]] const std::vector<Argument>& arguments() const { return arguments_; }
    [[nodiscard]] bool is_translatable() const { return is_translatable_; }
    [[nodiscard]] bool empty() const { return pattern_.empty(); }

    bool operator==(const Message&) const = default;

  private:
    friend Message operator""_text(const char* pattern, std::size_t length);
    Message(std::string pattern, bool is_translatable)
        : pattern_(std::move(pattern)), is_translatable_(is_translatable) {}

    std::string pattern_;
    bool is_translatable_ = false;
    std::vector<Argument> arguments_;
};

// A text that is stored as plain English until somebody sees it (Message::stored).
[[nodiscard]] consteval const char* operator""_stored(const char* text, std::size_t) { return text; }

// The only way to write such a text: tests/tidy finds each of them and its translations.
[[nodiscard]] inline Message operator""_text(const char* pattern, std::size_t length) {
    return {std::string{pattern, length}, true};
}

}  // namespace stagedoor
