// What may be written as an address of a mail or of a server.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::outbound {

// Whether it can be written into a header and an SMTP envelope as it is: printable ASCII with one @, and nothing that
// would end it there.
[[nodiscard]] bool is_mail_address(std::string_view text);

// The host in "host", "host:465" or "[::1]:465", without brackets; nothing when that is none, or its port isn't one
// from 1 to 65535.
[[nodiscard]] std::optional<std::string> host_of(std::string_view authority);

// Whether that host is this machine, which nobody else reaches by this name.
[[nodiscard]] bool is_loopback(const std::string& host);

}  // namespace stagedoor::outbound
