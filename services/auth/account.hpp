// What people type to sign up and in, held to its rules as it is read: everything wrong is told at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/schema.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::auth {

// An e-mail address in the one form that it is stored and compared in: trimmed, ASCII letters lowercase.
struct EmailAddress {
    std::string text;
};

// 8 to 128 characters, none cut off, and not among the commonest.
struct NewPassword {
    std::string text;
};

struct NewAccount {
    EmailAddress email;
    NewPassword password;
};
BOOST_DESCRIBE_STRUCT(NewAccount, (), (email, password))

struct Credentials {
    EmailAddress email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(Credentials, (), (email, password))

struct PasswordChange {
    std::string current_password;
    NewPassword new_password;
};
BOOST_DESCRIBE_STRUCT(PasswordChange, (), (current_password, new_password))

// The token of a mailed link, which shows whose address it is.
struct Confirmation {
    std::string token;
};
BOOST_DESCRIBE_STRUCT(Confirmation, (), (token))

struct ForgottenPassword {
    EmailAddress email;
};
BOOST_DESCRIBE_STRUCT(ForgottenPassword, (), (email))

struct PasswordReset {
    std::string token;
    NewPassword password;
};
BOOST_DESCRIBE_STRUCT(PasswordReset, (), (token, password))

// A user as others see one.
struct User {
    UserId id;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email))

// nullopt for what can't be mailed to: local@domain.tld in ASCII (a domain in another script is sent as
// punycode), at most 254 characters, no quotes, comments or bare hosts.
[[nodiscard]] std::optional<EmailAddress> parse_email(std::string_view text);

// Why it can't be somebody's password; empty when it can.
[[nodiscard]] std::string refusal_of_password(std::string_view password);

}  // namespace stagedoor::auth

namespace stagedoor::json {

template <>
void read_value(const Value& value, auth::EmailAddress& out, Reading& reading);
template <>
void read_value(const Value& value, auth::NewPassword& out, Reading& reading);
template <>
void write_schema<auth::EmailAddress>(std::string& out);
template <>
void write_schema<auth::NewPassword>(std::string& out);

}  // namespace stagedoor::json
