// Where segments are stored: a folder, object storage, or the disk of a simulation.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/task.hpp"

namespace stagedoor::history {

// Names are paths: "orders/00000001-2026-08-….jsonl.zst". Failures are thrown as std::runtime_error.
class Storage {
  public:
    virtual ~Storage() = default;

    // Runs `work` where it may block, one after another, and throws what it throws. Only `work` may call the
    // other functions. The caller's executor must outlive the storage.
    [[nodiscard]] virtual Task<> run(std::function<void()> work) = 0;

    // A power cut may undo it until sync(). Nobody sees a part of the file. Leaves a file alone that already
    // has these bytes: it may be in use.
    virtual void write(const std::string& name, std::string_view bytes) = 0;
    virtual void sync(const std::string& name) = 0;
    // nullopt: there is no such file.
    [[nodiscard]] virtual std::optional<std::string> read(const std::string& name) = 0;
    // The names of all files in a folder, sorted.
    [[nodiscard]] virtual std::vector<std::string> list(const std::string& folder) = 0;
};

}  // namespace stagedoor::history
