// Internationalized domain names (IDNA 2008), by libidn2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagedoor::text {

// The one form in which a domain is stored and compared, as in DNS: lowercase ASCII, other labels as
// A-labels ("bücher.example" as "xn--bcher-kva.example"). nullopt if it is no internationalized domain name.
// Pure ASCII is only lowercased: whether it is a domain is for the caller to check, in either case.
[[nodiscard]] std::optional<std::string> to_ascii_domain(std::string_view text);

// An email address with its domain in that form; the part before the last @ stays as it is.
[[nodiscard]] std::optional<std::string> with_ascii_domain(std::string_view address);

}  // namespace stagedoor::text
