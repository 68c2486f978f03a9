// Request bodies of auth. Parsing checks the email and password rules, so a response lists all violations.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/schema.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::auth {

// An email address as stored and compared: trimmed, ASCII letters in lowercase.
struct EmailAddress {
    std::string text;
};

// 8 to 128 characters, not trimmed, not on the list of common passwords.
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

// The token of an email link proves that the caller reads that mailbox.
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

// A user in API responses.
struct User {
    UserId id;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email))

// Accepts local@domain.tld in ASCII (international domains as punycode), at most 254 characters.
// nullopt for anything else: quoted local parts, comments, bare hosts and IP addresses.
[[nodiscard]] std::optional<EmailAddress> parse_email(std::string_view text);

// Why the password is not acceptable, as an API message; empty if it is.
[[nodiscard]] std::string password_problem(std::string_view password);

}  // namespace stagedoor::auth

namespace stagedoor::json {

template <>
void read_value(const Value& value, auth::EmailAddress& out, Reading& reading);
template <>
void read_value(const Value& value, auth::NewPassword& out, Reading& reading);
template <>
void write_schema<auth::EmailAddress>(std::string& out, SchemaOf);
template <>
void write_schema<auth::NewPassword>(std::string& out, SchemaOf);

}  // namespace stagedoor::json
