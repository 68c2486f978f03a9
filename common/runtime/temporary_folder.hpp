// A folder below the system's temporary one, removed with everything in it at the end.
#pragma once

#include <filesystem>
#include <string>

namespace stagedoor::runtime {

class TemporaryFolder {
  public:
    TemporaryFolder();
    // Keeps the folder when STAGEDOOR_TEST_KEEP is set.
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

}  // namespace stagedoor::runtime
