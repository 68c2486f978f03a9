// Segments as files in a local folder, or on a file system that replicas share.
#pragma once

#include <filesystem>

#include "common/history/storage.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor::history {

class FolderStorage final : public Storage {
  public:
    // The folder is created with the first file.
    explicit FolderStorage(const std::filesystem::path& folder)
        : folder_(std::filesystem::absolute(folder)) {}

    [[nodiscard]] Task<> run(std::function<void()> work) override;
    void write(const std::string& name, std::string_view bytes) override;
    void sync(const std::string& name) override;
    [[nodiscard]] std::optional<std::string> read(const std::string& name) override;
    [[nodiscard]] std::vector<std::string> list(const std::string& folder) override;

  private:
    std::filesystem::path folder_;
    runtime::EventLoopThread thread_;
};

}  // namespace stagedoor::history
