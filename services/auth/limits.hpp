// Rate limits per action: generous for a person, far too low for guessing passwords.
#pragma once

#include <chrono>

#include "common/http/network.hpp"
#include "common/security/rate_limit.hpp"

namespace stagedoor::auth {

// Only failed attempts count.
inline constexpr security::RateLimit sign_ins_of_email{
    .name = "sign-in by e-mail", .max_attempts = 10, .window = std::chrono::minutes{15}};
inline constexpr security::RateLimit sign_ins_of_network{
    .name = "sign-in by address", .max_attempts = 100, .window = std::chrono::minutes{15}};
inline constexpr security::RateLimit password_changes{
    .name = "password change", .max_attempts = 10, .window = std::chrono::minutes{15}};
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

using http::network_of;

}  // namespace stagedoor::auth
