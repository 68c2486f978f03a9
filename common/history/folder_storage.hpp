// Segments as files in a local folder, or on a file system that replicas share.
#pragma once

#include <filesystem>
#include <optional>

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

    // Waits for the work in progress, and drops what still waits. The executors that await it must still
    // exist. Nothing may run after it.
    void close() { thread_.reset(); }

  private:
    std::filesystem::path folder_;
    std::optional<runtime::EventLoopThread> thread_{std::in_place};
};

}  // namespace stagedoor::history
