// Checks of statement parameters that every driver makes.
#pragma once

#include <string_view>

namespace stagedoor::sql {

// Throws Invalid if the text is not UTF-8 or contains a NUL character, which PostgreSQL can't store. Only a
// caller's input can contain such text.
void require_text(std::string_view text);

}  // namespace stagedoor::sql
