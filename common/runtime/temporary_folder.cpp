#include "common/runtime/temporary_folder.hpp"

#include <stdlib.h>

#include <stdexcept>

namespace stagedoor::runtime {

TemporaryFolder::TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "stagedoor-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("can't create a temporary folder " + pattern);
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    if (::getenv("STAGEDOOR_TEST_KEEP")) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace stagedoor::runtime
