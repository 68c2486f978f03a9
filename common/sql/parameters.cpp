#include "common/sql/parameters.hpp"

#include "common/errors.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::sql {

void require_text(std::string_view text) {
    if (text.contains('\0')) throw Invalid("Text must not contain a NUL character"_text);
    if (!text::is_utf8(text)) throw Invalid("Text must be UTF-8"_text);
}

}  // namespace stagedoor::sql
