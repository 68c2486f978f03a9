// How a program prints where it listens.
#pragma once

#include <cstdint>
#include <string>

namespace stagedoor {

// The URL for a browser on this machine: localhost for 127.0.0.1 and for all addresses (0.0.0.0, ::), and an
// IPv6 address in brackets. `address` is a valid IP address.
[[nodiscard]] std::string listen_url(const std::string& address, std::uint16_t port,
                                     const std::string& scheme = "http");

}  // namespace stagedoor
