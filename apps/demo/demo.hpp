// `--demo`: a dozen sellers and some 80 listings, made through the services' own API like anybody's,
// never twice.
#pragma once

#include <string>

#include "common/http/client.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::demo {

// What everybody in the demo signs in with.
inline constexpr std::string_view password = "backstage-pass";
inline constexpr std::string_view buyer = "demo@stagedoor.example";

// Asks the services through `client`. What was done is noted in the folder.
[[nodiscard]] Task<> fill(http::Client& client, Instant now, const std::string& data_folder);

}  // namespace stagedoor::demo
