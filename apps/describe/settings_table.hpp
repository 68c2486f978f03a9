// The table of all settings in docs/operations.md.
#pragma once

#include <string>

namespace stagedoor::describe {

// As Markdown: those of the one-process program, those that only separate programs have, then the secrets.
[[nodiscard]] std::string settings_table();

// The page with the table between its markers, "settings: begin" and "settings: end"; without markers it
// throws std::runtime_error.
[[nodiscard]] std::string with_settings_table(const std::string& page);

}  // namespace stagedoor::describe
