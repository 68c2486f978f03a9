// Hosts and origins, parsed once and compared by their parts (RFC 3986, 3.2; RFC 6454).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::http {

// Whether the text is a host with or without a port: a name or address, no user information.
[[nodiscard]] bool is_authority(std::string_view text);

// "tickets.example:8080", "[::1]", as in a Host header.
struct Authority {
    std::string host;  // in lower case; of an IP address the usual form, without brackets
    std::optional<std::uint16_t> port;
    bool is_address = false;

    // nullopt unless is_authority().
    [[nodiscard]] static std::optional<Authority> parse(std::string_view text);
};

// "https://tickets.example". Two are equal if scheme, host and port are; a scheme's own port may be left out.
struct Origin {
    bool https = false;
    Authority authority;  // with its port

    // nullopt for anything else: another scheme, a path, "null".
    [[nodiscard]] static std::optional<Origin> parse(std::string_view text);
    // Of the scheme and a Host header.
    [[nodiscard]] static std::optional<Origin> of(bool https, std::string_view host);

    // Without the scheme's own port.
    [[nodiscard]] std::string to_text() const;
    bool operator==(const Origin& other) const;
};

}  // namespace stagedoor::http
