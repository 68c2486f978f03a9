// Where the files of pictures are: a folder, a bucket, or the memory of a test.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/task.hpp"

namespace stagedoor::pictures {

// Names are paths: "0192…/1200.avif". A name never gets other bytes. Failures are logged and
// thrown as Unavailable. Thread-safe.
class Store {
  public:
    virtual ~Store() = default;

    // Durable on return.
    [[nodiscard]] virtual Task<> put(std::string name, std::string bytes) = 0;
    // nullopt: there is no such file.
    [[nodiscard]] virtual Task<std::optional<std::string>> get(std::string name) = 0;
    // Of a file that may be gone already.
    [[nodiscard]] virtual Task<> remove(std::string name) = 0;
    // Waits for what is in progress, and drops what still waits. Its callers are resumed on their executors,
    // which must still exist, so it comes before the end of those. Nothing may be called after it. Blocks.
    virtual void close() {}
};

// For stores: logs the failure and throws Unavailable.
[[noreturn]] void throw_unavailable(const std::string& failure);

// `folder` is a setting of the service that owns the pictures; empty: in the data folder of one process.
// nullptr: there is nowhere to keep pictures.
using OpenStore = std::function<std::unique_ptr<Store>(const std::string& folder)>;

}  // namespace stagedoor::pictures
