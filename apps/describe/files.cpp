#include "apps/describe/files.hpp"

#include <fstream>
#include <sstream>

namespace stagedoor::describe {

std::string read_file(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

}  // namespace stagedoor::describe
