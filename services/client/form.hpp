// A form as a browser sends it, and as it is shown again with what was wrong.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/http/message.hpp"
#include "common/json/value.hpp"

namespace stagedoor::client {

// One input: what stands in it, and what is wrong with that.
struct Field {
    std::string value;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(Field, (), (value, error))

// A line of a form's error summary; `field` is the id of the input to go to.
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
    // Of a query, or of a body of type application/x-www-form-urlencoded. Throws Invalid when it is
    // malformed.
    explicit Form(std::string_view encoded);

    // The first of that name, without white space at both ends; empty when there is none.
    [[nodiscard]] std::string operator[](std::string_view name) const;
    // As it was typed: for passwords.
    [[nodiscard]] std::string exactly(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    [[nodiscard]] const http::Pairs& pairs() const { return pairs_; }

  private:
    http::Pairs pairs_;
};

// The field with what was typed and the problem that names it, if any.
[[nodiscard]] Field field(std::string value, std::string_view name, const Problems& problems);
// All problems as the summary; only those that `known` names become links.
[[nodiscard]] std::vector<FormError> summary(const Problems& problems,
                                             const std::vector<std::string_view>& known);

// What was typed as the API takes it: a number if it reads like one ("1,250.00", "19,90"), else the text
// itself, so that the API says what is wrong with it.
[[nodiscard]] json::Value as_number(std::string_view typed);

}  // namespace stagedoor::client
