// Rate limits per action: generous for a person, far too low for guessing passwords.
#pragma once

#include <chrono>
#include <string>

#include "common/http/network.hpp"
#include "common/security/rate_limit.hpp"

namespace stagedoor::auth {

// Only failed attempts count.
// From browsers that the account doesn't know. Many networks together can exhaust the limit of an email,
// which keeps the owner out of new browsers only.
inline constexpr security::RateLimit sign_ins_of_email_and_network{
    .name = "sign-in by e-mail and address",
    .max_attempts = 10,
    .window = std::chrono::minutes{15},
    .logged_as = security::SecurityEvent::lockout};
inline constexpr security::RateLimit sign_ins_of_email{.name = "sign-in by e-mail",
                                                       .max_attempts = 100,
                                                       .window = std::chrono::hours{1},
                                                       .logged_as = security::SecurityEvent::lockout};
inline constexpr security::RateLimit sign_ins_of_network{.name = "sign-in by address",
                                                         .max_attempts = 100,
                                                         .window = std::chrono::minutes{15},
                                                         .logged_as = security::SecurityEvent::lockout};
// From a browser that the account knows.
inline constexpr security::RateLimit sign_ins_of_device{.name = "sign-in by device",
                                                        .max_attempts = 10,
                                                        .window = std::chrono::minutes{15},
                                                        .logged_as = security::SecurityEvent::lockout};
// By somebody who is signed in: to change it, or to end other sessions.
inline constexpr security::RateLimit password_checks{
    .name = "password check", .max_attempts = 10, .window = std::chrono::minutes{15}};
// Every attempt counts.
inline constexpr security::RateLimit sign_ups_of_network{
    .name = "sign-up by address", .max_attempts = 60, .window = std::chrono::hours{1}};
// Emails with a link that one signed-in user, one email address or one network may trigger.
inline constexpr security::RateLimit confirmations_of_user{
    .name = "confirmation by user", .max_attempts = 3, .window = std::chrono::hours{1}};
inline constexpr security::RateLimit resets_of_email{
    .name = "password reset by e-mail", .max_attempts = 3, .window = std::chrono::hours{1}};
inline constexpr security::RateLimit resets_of_network{
    .name = "password reset by address", .max_attempts = 30, .window = std::chrono::hours{1}};

// Each is an event that is kept.
inline constexpr security::RateLimit names_of_user{
    .name = "seller name by user", .max_attempts = 20, .window = std::chrono::days{1}};

using http::network_of;

// What sign_ins_of_email_and_network counts by.
inline std::string attempts_key(const std::string& email, const std::string& network) {
    return email + " " + network;
}

}  // namespace stagedoor::auth
