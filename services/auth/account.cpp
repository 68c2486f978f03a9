#include "services/auth/account.hpp"

#include <algorithm>

#include "common/security/password.hpp"
#include "common/text/domain.hpp"
#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::auth {
namespace {

constexpr std::size_t max_email_length = 254, max_local_length = 64;  // RFC 5321
constexpr std::size_t max_label_length = 63;
constexpr std::size_t min_password_length = 8, max_password_length = 128;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_local(std::string_view text) {
    auto is_allowed = [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= max_local_length && std::ranges::all_of(text, is_allowed) &&
           !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

bool is_label(std::string_view text) {
    auto is_allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
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
    EmailAddress address{std::move(*ascii)};
    for (auto& c : address.text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    std::string_view lower{address.text};
    auto at = lower.find('@');
    if (!is_local(lower.substr(0, at)) || !is_domain(lower.substr(at + 1))) return std::nullopt;
    return address;
}

std::expected<NewPassword, std::string> parse_password(std::string_view text) {
    auto characters = text::code_points(text::nfc(text));
    if (characters < min_password_length) return std::unexpected("Password must have at least 8 characters");
    if (characters > max_password_length) return std::unexpected("Password must have at most 128 characters");
    auto prepared = text::opaque_string(text);
    if (!prepared) {
        // Without a hidden character, it is a line break or a tab.
        auto hidden = text::first_hidden(text).value_or(text::HiddenCharacter{});
        return std::unexpected("Password " + text::problem_with(hidden));
    }
    if (security::is_common_password(*prepared))
        return std::unexpected("This password is too common. Choose another one");
    return NewPassword{std::move(*prepared)};
}

namespace {

constexpr const char* password_is_email = "Password must not be your email address";

bool is_email(const NewPassword& password, const std::string& email) {
    auto address = parse_email(password.text);
    return address && address->text == email;
}

}  // namespace

void check(const NewAccount& account, json::Reading& reading) {
    if (is_email(account.password, account.email.text)) reading.add_error_at("password", password_is_email);
}

void require_not_email(const NewPassword& password, const std::string& email, const std::string& field) {
    if (is_email(password, email)) throw Invalid(password_is_email, field);
}

}  // namespace stagedoor::auth

namespace stagedoor::json {

template <>
void read_value(const Value& value, auth::EmailAddress& out, Reading& reading) {
    const auto* text = value.string();
    auto address = text ? auth::parse_email(*text) : std::nullopt;
    if (!address) return reading.add_error("Enter a valid email address, e.g. name@example.com");
    out = std::move(*address);
}

template <>
void read_value(const Value& value, auth::NewPassword& out, Reading& reading) {
    const auto* text = value.string();
    if (!text) return reading.add_error("Password must be a string");
    auto password = auth::parse_password(*text);
    if (!password) return reading.add_error(std::move(password.error()));
    out = std::move(*password);
}

template <>
void write_schema<auth::EmailAddress>(std::string& out, SchemaOf) {
    out += R"({"type":"string","format":"email","maxLength":254})";
}

template <>
void write_schema<auth::NewPassword>(std::string& out, SchemaOf) {
    out += R"({"type":"string","format":"password","minLength":8,"maxLength":128})";
}

}  // namespace stagedoor::json
