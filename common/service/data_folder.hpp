// The folder in which the one-process shape keeps what must last.
#pragma once

#include <filesystem>
#include <string>

#include "common/runtime/random.hpp"

namespace stagedoor {

// The data folder, held by one program at a time.
class DataFolder {
  public:
    // Makes it when it is missing. Throws StartupError.
    explicit DataFolder(const std::string& path);
    ~DataFolder();
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
    // What a secret is when nobody set it: made once, kept beside the databases, readable by the owner only. Throws
    // StartupError.
    [[nodiscard]] std::string kept_secret(const std::string& name, runtime::Random& random) const;

  private:
    [[nodiscard]] bool sync() const;

    std::filesystem::path path_;
    int file_ = -1;
};

}  // namespace stagedoor
