// `--demo`: a dozen sellers and some 80 listings, created through the services' own API, once.
#pragma once

#include <string>

#include "common/http/client.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::demo {

// All demo users have this password.
inline constexpr std::string_view password = "backstage-pass";
inline constexpr std::string_view buyer = "demo@stagedoor.example";

// Creates what is missing by requests through `client`. A marker in `data_folder` makes later calls do
// nothing.
[[nodiscard]] Task<> fill(http::Client& client, Instant now, const std::string& data_folder);

}  // namespace stagedoor::demo
