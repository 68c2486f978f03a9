// A form as submitted by a browser, and the view models that show it again with its errors.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/http/message.hpp"
#include "common/language/language.hpp"

namespace stagedoor::client {

// One input: its value and its error.
struct Field {
    std::string value;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(Field, (), (value, error))

// A line of a form's error summary; `field` is the id of the input that it links to.
struct FormError {
    std::optional<std::string> field;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(FormError, (), (field, text))

struct Option {
    std::string value, label;
    bool chosen = false;
};
BOOST_DESCRIBE_STRUCT(Option, (), (value, label, chosen))

class Form {
  public:
    Form() = default;
    // Parses a query, or a body of type application/x-www-form-urlencoded. Throws Invalid if malformed.
    explicit Form(std::string_view encoded);
    explicit Form(http::Pairs pairs) : pairs_(std::move(pairs)) {}

    // The first value of that name, trimmed; empty if there is none.
    [[nodiscard]] std::string operator[](std::string_view name) const;
    // Untrimmed, for passwords.
    [[nodiscard]] std::string raw(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] const http::Pairs& pairs() const { return pairs_; }

  private:
    http::Pairs pairs_;
};

// The input with the errors of that field.
[[nodiscard]] Field field(std::string value, std::string_view name, const Problems& problems,
                          Language language = Language::en);
// The error summary; a problem becomes a link if `known` has its field.
[[nodiscard]] std::vector<FormError> summary(const Problems& problems,
                                             const std::vector<std::string_view>& known,
                                             Language language = Language::en);

}  // namespace stagedoor::client
