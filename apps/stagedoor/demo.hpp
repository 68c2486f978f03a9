// `serve --demo`: a dozen sellers and some 80 listings, made through the services' own API like anybody's,
// never twice.
#pragma once

#include <string>

#include "common/service/host.hpp"

namespace stagedoor::demo {

// What everybody in the demo signs in with.
inline constexpr std::string_view password = "backstage-pass";
inline constexpr std::string_view buyer = "demo@stagedoor.example";

[[nodiscard]] Task<> fill(Host& host, const std::string& data_folder);

}  // namespace stagedoor::demo
