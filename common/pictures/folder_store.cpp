#include "common/pictures/folder_store.hpp"

#include <stdexcept>
#include <system_error>

namespace stagedoor::pictures {

FolderStore::FolderStore(const std::filesystem::path& folder)
    : folder_(std::filesystem::absolute(folder)), files_(folder_) {}

Task<> FolderStore::run(std::function<void()> work) {
    std::string failure;
    try {
        co_await files_.run(std::move(work));
        co_return;
    } catch (const std::runtime_error& error) {
        failure = error.what();
    }
    throw_unavailable(failure);
}

Task<> FolderStore::put(std::string name, std::string bytes) {
    co_await run([&] {
        files_.write(name, bytes);
        files_.sync(name);
    });
}

Task<std::optional<std::string>> FolderStore::get(std::string name) {
    std::optional<std::string> bytes;
    co_await run([&] { bytes = files_.read(name); });
    co_return bytes;
}

Task<> FolderStore::remove(std::string name) {
    co_await run([&] {
        auto path = folder_ / name;
        std::error_code failed, not_empty;
        std::filesystem::remove(path, failed);
        if (failed) throw std::runtime_error("can't remove " + path.string() + ": " + failed.message());
        // What a crash left of writing it.
        for (const auto& each : std::filesystem::directory_iterator{path.parent_path(), failed}) {
            if (each.path().filename().string().starts_with(path.filename().string() + ".new-"))
                std::filesystem::remove(each.path(), failed);
        }
        std::filesystem::remove(path.parent_path(), not_empty);  // with its last file
    });
}

}  // namespace stagedoor::pictures
