// The folder in which the one-process shape stores its databases and generated secrets.
#pragma once

#include <filesystem>
#include <string>

#include "common/runtime/random.hpp"

namespace stagedoor {

// The data folder, locked by one program at a time.
class DataFolder {
  public:
    // Creates the folder if it is missing. Throws StartupError.
    explicit DataFolder(const std::string& path);
    ~DataFolder();
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;

    // The path of a file in the folder.
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
    // Returns the secret in the file `name`, which only the owner can read; generates it the first time.
    // Throws StartupError.
    [[nodiscard]] std::string stored_secret(const std::string& name, runtime::Random& random) const;

  private:
    [[nodiscard]] bool sync() const;

    std::filesystem::path path_;
    int lock_descriptor_ = -1;
};

}  // namespace stagedoor
