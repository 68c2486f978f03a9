// What every driver refuses to keep.
#pragma once

#include <string_view>

namespace stagedoor::sql {

// Throws Invalid for a text that PostgreSQL can't keep: only what a caller sent can hold such.
void require_text(std::string_view text);

}  // namespace stagedoor::sql
