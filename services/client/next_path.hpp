// Where to go after signing in. It is part of a link that anybody may write, so it must never lead to another
// site.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::client {

// `text` if it is a path on this site, else "/".
[[nodiscard]] std::string next_path(std::string_view text);

// "/auth/signin?next=%2Forders"
[[nodiscard]] std::string sign_in_url(std::string_view next);

}  // namespace stagedoor::client
