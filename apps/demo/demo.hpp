// `--demo`: a dozen sellers and some 80 listings, created through the services' own API, once.
#pragma once

#include <string>

#include "common/http/client.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::demo {

// Creates what is missing by requests through `client`, unless a marker in `data_folder` says that an earlier
// call has. Prints the sample buyer's login.
[[nodiscard]] Task<> fill(http::Client& client, Instant now, const std::string& data_folder);

}  // namespace stagedoor::demo
