#include "services/client/draft.hpp"

#include <algorithm>
#include <array>

#include "services/client/wording.hpp"

namespace stagedoor::client {

Form Draft::form() const {
    http::Pairs pairs;
    for (const auto& [name, value] : inputs) pairs.emplace_back(name, value);
    return Form{std::move(pairs)};
}

Problems Draft::problems() const {
    Problems problems;
    for (const auto& [message, field] : errors)
        problems.push_back({Message::as_is(message), field.value_or("")});
    return problems;
}

bool is_secret_input(std::string_view name) {
    constexpr std::array<std::string_view, 4> secrets{"password", "currentPassword", "newPassword", "token"};
    return std::ranges::find(secrets, name) != secrets.end();
}

Draft make_draft(const Form& form, const std::vector<std::string>& public_values, std::int64_t status,
                 const Problems& problems, Language language) {
    Draft draft{.inputs = {}, .status = status, .errors = {}};
    for (const auto& [name, value] : form.pairs()) {
        if (!is_secret_input(name) || std::ranges::find(public_values, name) != public_values.end())
            draft.inputs.push_back({name, value});
    }
    for (const auto& each : problems)
        draft.errors.push_back(
            {sentence(each, language), each.field.empty() ? std::nullopt : std::optional{each.field}});
    return draft;
}

}  // namespace stagedoor::client
