// Pictures as files in a local folder, or on a file system that replicas share.
#pragma once

#include "common/history/folder_storage.hpp"
#include "common/pictures/store.hpp"

namespace stagedoor::pictures {

class FolderStore final : public Store {
  public:
    // The folder is created with the first file.
    explicit FolderStore(const std::filesystem::path& folder);

    [[nodiscard]] Task<> put(std::string name, std::string bytes) override;
    [[nodiscard]] Task<std::optional<std::string>> get(std::string name) override;
    [[nodiscard]] Task<> remove(std::string name) override;
    void close() override { files_.close(); }

  private:
    [[nodiscard]] Task<> run(std::function<void()> work);

    std::filesystem::path folder_;
    history::FolderStorage files_;  // writes files that survive a power cut, and runs what may block
};

}  // namespace stagedoor::pictures
