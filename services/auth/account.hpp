// Request bodies of auth. Parsing checks the email and password rules, so a response lists all violations.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/schema.hpp"
#include "common/language/language.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::auth {

// An email address as stored, compared and sent to: trimmed, ASCII letters in lowercase, an internationalized
// domain as A-labels ("name@xn--bcher-kva.example"), so that every mail server accepts it.
struct EmailAddress {
    std::string text;
};

// A password as it is hashed (text::opaque_string): 8 to 128 characters, not trimmed, not easy to guess.
struct NewPassword {
    std::string text;
};

struct NewAccount {
    EmailAddress email;
    NewPassword password;
};
BOOST_DESCRIBE_STRUCT(NewAccount, (), (email, password))
// The password is not easy to guess from the email address.
void check(const NewAccount& account, json::Reading& reading);

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

struct SessionEnd {
    std::string password;
    std::optional<SessionId> id;  // none: all other sessions
};
BOOST_DESCRIBE_STRUCT(SessionEnd, (), (password, id))

struct LanguageChoice {
    Language language = Language::en;
};
BOOST_DESCRIBE_STRUCT(LanguageChoice, (), (language))

// The name that buyers see; empty: none.
struct SellerName {
    json::Text<0, 60> name;
};
BOOST_DESCRIBE_STRUCT(SellerName, (), (name))
// One line.
void check(const SellerName& chosen, json::Reading& reading);

// A user in API responses.
struct User {
    UserId id;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email))

// Accepts local@domain.tld with a local part in ASCII, at most 254 characters as stored.
// nullopt for anything else: quoted local parts, comments, bare hosts and IP addresses.
[[nodiscard]] std::optional<EmailAddress> parse_email(std::string_view text);

// The password as it is hashed, or why it is not acceptable, as a message.
[[nodiscard]] std::expected<NewPassword, Message> parse_password(std::string_view text);

// Throws Invalid if the password is that email address, in any spelling, or easy to guess from it.
void require_not_from_email(const NewPassword& password, const std::string& email, const std::string& field);

}  // namespace stagedoor::auth

namespace stagedoor::json {

template <>
void read_value(const Value& value, auth::EmailAddress& out, Reading& reading);
template <>
void read_value(const Value& value, auth::NewPassword& out, Reading& reading);
template <>
Value schema<auth::EmailAddress>(SchemaOf);
template <>
Value schema<auth::NewPassword>(SchemaOf);

}  // namespace stagedoor::json
