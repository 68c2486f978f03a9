// What was typed into a form that was not accepted, and why. It is kept until the form is shown again: after
// an error, after signing in, or once a service is back (docs/decisions/0028-form-drafts.md).
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/language/language.hpp"
#include "services/client/api.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

struct DraftInput {
    std::string name, value;
};
BOOST_DESCRIBE_STRUCT(DraftInput, (), (name, value))

struct Draft {
    std::vector<DraftInput> inputs;
    std::int64_t status = 0;         // of the response that the form got
    std::vector<ErrorEntry> errors;  // none: the session had ended

    // A random number that shows a draft to the browser that wrote it, and to no other.
    static constexpr std::string_view cookie_name = "drafts";
    static constexpr std::size_t max_bytes = 32 * 1024;  // as JSON; the largest form has about 25 KiB

    [[nodiscard]] Form form() const;
    [[nodiscard]] Problems problems() const;
};
BOOST_DESCRIBE_STRUCT(Draft, (), (inputs, status, errors))

// Passwords, and tokens of cards and emailed links. They are never kept.
[[nodiscard]] bool is_secret_input(std::string_view name);

// The errors as sentences in that language, and the form without its secrets, but with those inputs of
// `public_values` that only look like one.
[[nodiscard]] Draft make_draft(const Form& form, const std::vector<std::string>& public_values,
                               std::int64_t status, const Problems& problems,
                               Language language = Language::en);

}  // namespace stagedoor::client
