#include "common/sql/parameters.hpp"

#include "common/errors.hpp"
#include "common/json/value.hpp"

namespace stagedoor::sql {

void require_text(std::string_view text) {
    if (text.contains('\0')) throw Invalid("Text must not hold a NUL character");
    if (!json::is_utf8(text)) throw Invalid("Text must be UTF-8");
}

}  // namespace stagedoor::sql
