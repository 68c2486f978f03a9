// Checks of email and server addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::outbound {

// Whether it can go into a header and an SMTP envelope unescaped: printable ASCII with one @ and no
// delimiters.
[[nodiscard]] bool is_mail_address(std::string_view text);

// The host of "host", "host:465" or "[::1]:465", without brackets; nullopt if it is malformed or the port is
// not one from 1 to 65535.
[[nodiscard]] std::optional<std::string> host_of(std::string_view authority);

// Whether that host is this machine by a name that no other machine can use.
[[nodiscard]] bool is_loopback(const std::string& host);

// How a host greets a mail server: by its name, or by its address as RFC 5321 (4.1.3) writes it,
// "[192.0.2.1]" or "[IPv6:2001:db8::1]".
[[nodiscard]] std::string hello_name(const std::string& host);

}  // namespace stagedoor::outbound
