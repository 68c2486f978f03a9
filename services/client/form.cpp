#include "services/client/form.hpp"

#include <algorithm>

#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::string_view spaces = " \t\r\n";

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Whether the commas are thousands separators: "1,250" but not "12,50".
bool grouped_in_thousands(std::string_view whole) {
    auto first = whole.find(',');
    if (first == 0 || first > 3) return false;
    for (auto rest = whole.substr(first); !rest.empty(); rest.remove_prefix(4)) {
        if (rest.size() < 4 || rest[0] != ',' || !all_digits(rest.substr(1, 3))) return false;
    }
    return all_digits(whole.substr(0, first));
}

std::string without_commas(std::string text) {
    std::erase(text, ',');
    return text;
}

}  // namespace

Form::Form(std::string_view encoded) {
    auto pairs = http::parse_pairs(encoded);
    if (!pairs) throw Invalid("The form can't be read");
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

Field field(std::string value, std::string_view name, const Problems& problems) {
    Field input{std::move(value), {}};
    for (const auto& problem : problems) {
        if (problem.field != name) continue;
        if (input.error)
            input.error->append(". ").append(sentence(problem));
        else
            input.error = sentence(problem);
    }
    return input;
}

std::vector<FormError> summary(const Problems& problems, const std::vector<std::string_view>& known) {
    std::vector<FormError> errors;
    for (const auto& problem : problems) {
        FormError line{{}, sentence(problem)};
        if (std::ranges::find(known, problem.field) != known.end()) line.field = problem.field;
        errors.push_back(std::move(line));
    }
    return errors;
}

json::Value as_number(std::string_view input) {
    auto text = std::string{input};
    auto point = text.find('.');
    auto comma = text.find(',');
    if (point == std::string::npos && comma != std::string::npos && text.size() - comma <= 3) {
        text[comma] = '.';  // "19,90"
    } else if (comma < point && grouped_in_thousands(std::string_view{text}.substr(0, point))) {
        text = without_commas(text.substr(0, point)) + (point == std::string::npos ? "" : text.substr(point));
    }
    point = text.find('.');
    auto whole = text.substr(0, point);
    auto decimals = point == std::string::npos ? std::string{"0"} : text.substr(point + 1);
    if (!all_digits(whole) || !all_digits(decimals) || text.size() > 30)
        return json::Value{std::string{input}};
    text.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));  // JSON has no leading zeros
    return json::Value{json::Number{std::move(text)}};
}

void explain_price(Problems& problems, std::string_view field, std::string_view input) {
    if (as_number(input).number()) return;
    for (auto& problem : problems) {
        if (problem.field == field) problem.message = "Enter a price, e.g. 19.99";
    }
}

}  // namespace stagedoor::client
