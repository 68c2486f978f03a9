// The form of a listing: what its inputs show, what was entered, and what becomes of an edit that meets a
// newer version.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/value.hpp"
#include "common/language/catalog.hpp"
#include "services/client/api.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

// The fields of a listing by their names in the API, as texts; empty: the listing has none. In a form, the
// inputs have the same names. A time is an instant in a listing, and local in a form.
using Values = std::vector<std::pair<std::string_view, std::string>>;

[[nodiscard]] std::string value_of(const Values& values, std::string_view name);
// In which the price is typed.
[[nodiscard]] Currency currency_of(const Values& values);
[[nodiscard]] std::vector<std::string_view> input_names();

[[nodiscard]] Values fields_of(const Listing& listing);
// Without those that the form didn't have.
[[nodiscard]] Values inputs_of(const Form& form);
// As the form's inputs show these fields.
[[nodiscard]] Values inputs_for(const Values& fields);
// With the inputs that a form lacks, as it was filled: what isn't sent wasn't changed.
[[nodiscard]] Values with_missing(Values inputs, const std::optional<Values>& base);

// The fields that a form was filled from travel in it as JSON: what equals them was not changed, and keeps
// its stored value to the millisecond. nullopt if the text isn't such JSON.
[[nodiscard]] std::string to_text(const Values& fields);
[[nodiscard]] std::optional<Values> fields_from(std::string_view text);

// What was entered, as fields, and what is wrong with it. Numbers stay as typed: the API checks them.
struct Entry {
    Values fields;
    Problems problems;
};
// `base`: the fields that the form was filled from.
[[nodiscard]] Entry read_entry(const Values& inputs, const std::optional<Values>& base);

// The API's request body.
[[nodiscard]] json::Value body_of(const Values& fields, const std::optional<Values>& base,
                                  const std::string& version);

// Which of two moments a local time means, when the clocks are set back over it; empty if there is one only.
[[nodiscard]] std::vector<Option> occurrences(const Values& inputs, const language::Texts& text);

struct Change {
    std::string label, theirs;
    std::optional<std::string> yours;  // nullopt: not changed by you, so theirs counts
};
BOOST_DESCRIBE_STRUCT(Change, (), (label, theirs, yours))

// An edit on top of a newer version: theirs, except where it was changed here. Price and currency are one
// change, as are time and time zone.
struct Merge {
    Values fields;
    std::vector<Change> changes;  // what differs from the newer version, and what that changed
    bool same = false;            // nothing differs from the newer version
};
[[nodiscard]] Merge merge(const Values& mine, const std::optional<Values>& base, const Values& theirs,
                          const language::Texts& text);

}  // namespace stagedoor::client
