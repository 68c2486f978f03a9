// Where the files of pictures are: a folder, or storage that speaks S3.
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
};

// Where the service that owns the pictures keeps them; settings of its own.
struct StoreOptions {
    std::string folder;  // empty: in the data folder of one process, or nowhere without one
    // Of S3; empty: a folder.
    std::string endpoint;  // "https://s3.eu-central-1.amazonaws.com"
    std::string bucket, region, access_key, secret_key;
};

// nullptr: there is nowhere to keep pictures.
using OpenStore = std::function<std::unique_ptr<Store>(const StoreOptions& options)>;

}  // namespace stagedoor::pictures
