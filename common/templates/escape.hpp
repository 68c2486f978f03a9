// Escaping for texts that no template renders.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::templates {

// For the content of an XML element or attribute.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace stagedoor::templates
