#include "common/templates/wording.hpp"

#include <fmt/format.h>

namespace stagedoor::templates {

std::string counted(std::int64_t count, std::string_view one) {
    return fmt::format("{} {}{}", grouped(count), one, count == 1 ? "" : "s");
}

}  // namespace stagedoor::templates
