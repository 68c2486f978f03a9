// The network that a client is in, for limits per network.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::http {

// An IPv4 address, or the /64 of an IPv6 address: one customer owns all of it.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace stagedoor::http
