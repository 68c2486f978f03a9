#include "services/client/form.hpp"

#include <algorithm>

#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::string_view spaces = " \t\r\n";

}  // namespace

Form::Form(std::string_view encoded) {
    auto pairs = http::parse_pairs(encoded);
    if (!pairs) throw Invalid("The form can't be read"_text);
    pairs_ = std::move(*pairs);
}

std::string Form::raw(std::string_view name) const {
    auto found = std::ranges::find(pairs_, name, &http::Pairs::value_type::first);
    return found == pairs_.end() ? std::string{} : found->second;
}

std::string Form::operator[](std::string_view name) const {
    auto text = raw(name);
    auto first = text.find_first_not_of(spaces);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

std::vector<std::string> Form::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [each, value] : pairs_) {
        if (each == name) values.push_back(value);
    }
    return values;
}

bool Form::has(std::string_view name) const {
    return std::ranges::find(pairs_, name, &http::Pairs::value_type::first) != pairs_.end();
}

Field field(std::string value, std::string_view name, const Problems& problems, Language language) {
    Field input{std::move(value), {}};
    for (const auto& problem : problems) {
        if (problem.field != name) continue;
        if (input.error)
            input.error->append(". ").append(sentence(problem, language));
        else
            input.error = sentence(problem, language);
    }
    return input;
}

std::vector<FormError> summary(const Problems& problems, const std::vector<std::string_view>& known,
                               Language language) {
    std::vector<FormError> errors;
    for (const auto& problem : problems) {
        FormError line{{}, sentence(problem, language)};
        if (std::ranges::find(known, problem.field) != known.end()) line.field = problem.field;
        errors.push_back(std::move(line));
    }
    return errors;
}

}  // namespace stagedoor::client
