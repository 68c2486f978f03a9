// How often what may be tried. Generous for a person, far too little for guessing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/security/rate_limit.hpp"

namespace stagedoor::auth {

// Tries that fail; one that succeeds is taken back.
inline constexpr security::RateLimit sign_ins_of_email{
    .name = "sign-in by e-mail", .most = 10, .window = std::chrono::minutes{15}};
inline constexpr security::RateLimit sign_ins_of_network{
    .name = "sign-in by address", .most = 100, .window = std::chrono::minutes{15}};
inline constexpr security::RateLimit password_changes{
    .name = "password change", .most = 10, .window = std::chrono::minutes{15}};
// All of them.
inline constexpr security::RateLimit sign_ups_of_network{
    .name = "sign-up by address", .most = 60, .window = std::chrono::hours{1}};
// Mails with a link that somebody may cause: to the user who is signed in, to any one address, in all.
inline constexpr security::RateLimit confirmations_of_user{
    .name = "confirmation by user", .most = 3, .window = std::chrono::hours{1}};
inline constexpr security::RateLimit resets_of_email{
    .name = "password reset by e-mail", .most = 3, .window = std::chrono::hours{1}};
inline constexpr security::RateLimit resets_of_network{
    .name = "password reset by address", .most = 30, .window = std::chrono::hours{1}};

// What counts as one address: an IPv4 address, or the /64 of an IPv6 one, since who has one has all of it.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace stagedoor::auth
