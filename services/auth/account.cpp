#include "services/auth/account.hpp"

#include <algorithm>

#include "common/security/password.hpp"
#include "common/text/ascii.hpp"
#include "common/text/domain.hpp"
#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::auth {
namespace {

constexpr std::size_t max_email_length = 254, max_local_length = 64;  // RFC 5321
constexpr std::size_t max_label_length = 63;
Message easy_to_guess() {
    return "This password is too easy to guess. Try a few words that have nothing to do with each other"_text;
}
const std::vector<std::string> shop_words{"stagedoor"};
constexpr std::size_t min_password_length = 8, max_password_length = 128;
constexpr std::size_t min_context_word = 3;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

bool is_local(std::string_view text) {
    auto is_allowed = [](char c) {
        return is_letter(c) || text::is_digit(c) ||
               std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= max_local_length && std::ranges::all_of(text, is_allowed) &&
           !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

bool is_label(std::string_view text) {
    auto is_allowed = [](char c) { return is_letter(c) || text::is_digit(c) || c == '-'; };
    return !text.empty() && text.size() <= max_label_length && std::ranges::all_of(text, is_allowed) &&
           !text.starts_with('-') && !text.ends_with('-');
}

// At least two labels, the last not all digits: "example.com", but not "localhost" or "127.0.0.1".
bool is_domain(std::string_view text) {
    int labels = 0;
    for (;;) {
        auto dot = text.find('.');
        auto label = text.substr(0, dot);
        if (!is_label(label)) return false;
        ++labels;
        if (dot == std::string_view::npos) return labels >= 2 && std::ranges::any_of(label, is_letter);
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

std::optional<EmailAddress> parse_email(std::string_view text) {
    auto ascii = text::with_ascii_domain(text::trimmed(text));
    if (!ascii || ascii->size() > max_email_length) return std::nullopt;
    EmailAddress address{text::to_lower(*ascii)};
    std::string_view lower{address.text};
    auto at = lower.find('@');
    if (!is_local(lower.substr(0, at)) || !is_domain(lower.substr(at + 1))) return std::nullopt;
    return address;
}

std::expected<NewPassword, Message> parse_password(std::string_view text) {
    auto characters = text::code_points(text::nfc(text));
    if (characters < min_password_length)
        return std::unexpected("Password must have at least 8 characters"_text);
    if (characters > max_password_length)
        return std::unexpected("Password must have at most 128 characters"_text);
    auto prepared = text::opaque_string(text);
    if (!prepared) {
        // Without a hidden character, it is a line break or a tab.
        auto hidden = text::first_hidden(text).value_or(text::HiddenCharacter{});
        return std::unexpected(text::problem_with(hidden));
    }
    if (security::is_easy_to_guess(*prepared, shop_words)) return std::unexpected(easy_to_guess());
    return NewPassword{std::move(*prepared)};
}

namespace {

// "ann.smith@mail.example.com": the whole, "ann.smith", "ann", "smith", "mail", "example", "com".
std::vector<std::string> words_of(const std::string& email) {
    std::vector<std::string> words{shop_words};
    words.push_back(email);
    words.push_back(email.substr(0, email.find('@')));
    constexpr std::string_view separators = "@.+-_";
    for (std::size_t start = 0; start < email.size();) {
        auto end = std::min(email.find_first_of(separators, start), email.size());
        if (end - start >= min_context_word) words.push_back(email.substr(start, end - start));
        start = end + 1;
    }
    return words;
}

// What is wrong with the password of the user with that email.
std::optional<Message> problem_with(const NewPassword& password, const std::string& email) {
    auto address = parse_email(password.text);
    if (address && address->text == email) return "Password must not be your email address"_text;
    if (security::is_easy_to_guess(password.text, words_of(email))) return easy_to_guess();
    return std::nullopt;
}

}  // namespace

void check(const NewAccount& account, json::Reading& reading) {
    auto problem = problem_with(account.password, account.email.text);
    if (problem) reading.add_error_at("password", std::move(*problem));
}

void check(const SellerName& chosen, json::Reading& reading) {
    if (chosen.name.value.find_first_of("\t\n\v\f\r") != std::string::npos)
        reading.add_error_at("name", "must be on one line"_text);
}

void require_not_from_email(const NewPassword& password, const std::string& email, const std::string& field) {
    auto problem = problem_with(password, email);
    if (problem) throw Invalid(std::move(*problem), field);
}

}  // namespace stagedoor::auth

namespace stagedoor::json {

template <>
void read_value(const Value& value, auth::EmailAddress& out, Reading& reading) {
    const auto* text = value.string();
    auto address = text ? auth::parse_email(*text) : std::nullopt;
    if (!address) return reading.add_error("Enter a valid email address, e.g. name@example.com"_text);
    out = std::move(*address);
}

template <>
void read_value(const Value& value, auth::NewPassword& out, Reading& reading) {
    const auto* text = value.string();
    if (!text) return reading.add_error("Password must be a string"_text);
    auto password = auth::parse_password(*text);
    if (!password) return reading.add_error(std::move(password.error()));
    out = std::move(*password);
}

template <>
Value schema<auth::EmailAddress>(SchemaOf) {
    return object({{"type", "string"}, {"format", "email"}, {"maxLength", 254}});
}

template <>
Value schema<auth::NewPassword>(SchemaOf) {
    return object({{"type", "string"}, {"format", "password"}, {"minLength", 8}, {"maxLength", 128}});
}

}  // namespace stagedoor::json
