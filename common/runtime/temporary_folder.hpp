// A folder in the system's temporary folder, removed with its contents by the destructor.
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
