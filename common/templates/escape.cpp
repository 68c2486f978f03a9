#include "common/templates/escape.hpp"

#include <ctemplate/template_modifiers.h>

namespace stagedoor::templates {

std::string escape_xml(std::string_view text) { return ctemplate::xml_escape(text.data(), text.size()); }

}  // namespace stagedoor::templates
