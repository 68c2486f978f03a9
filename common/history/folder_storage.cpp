#include "common/history/folder_storage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "common/runtime/folder.hpp"

namespace stagedoor::history {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const fs::path& path) {
    auto error = errno;
    throw std::runtime_error(std::string{what} + " " + path.string() + ": " +
                             std::generic_category().message(error));
}

class OpenFile {
  public:
    OpenFile(const fs::path& path, int flags)
        : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC)) {}
    // A new file with a name of its own: replicas may write the same segment at the same time.
    static OpenFile create_in_folder_of(const fs::path& path) {
        auto name = path.string() + ".new-XXXXXX";
        auto descriptor = ::mkostemp(name.data(), O_CLOEXEC);
        if (descriptor < 0) fail("can't create a new file for", path);
        return OpenFile{name, Descriptor{descriptor}};
    }
    ~OpenFile() {
        if (is_open()) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    void write(std::string_view bytes) const {
        while (!bytes.empty()) {
            auto written = ::write(descriptor_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) fail("can't write", path_);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    [[nodiscard]] std::string read_all() const {
        std::string bytes;
        constexpr std::size_t piece = 1 << 20;
        for (;;) {
            auto size = bytes.size();
            bytes.resize(size + piece);
            auto count = ::read(descriptor_, bytes.data() + size, piece);
            bytes.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("can't read", path_);
            if (count == 0) return bytes;
        }
    }
    void sync() const {
        if (::fsync(descriptor_) != 0) fail("can't sync", path_);
    }

    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    enum class Descriptor : int {};
    OpenFile(fs::path path, Descriptor descriptor)
        : path_(std::move(path)), descriptor_(static_cast<int>(descriptor)) {}

    fs::path path_;
    int descriptor_;
};

void sync_path(const fs::path& path, int flags) {
    OpenFile file{path, O_RDONLY | flags};
    if (!file.is_open()) fail("can't open", path);
    file.sync();
}

Task<> call(std::function<void()> work) {
    work();
    co_return;
}

}  // namespace

Task<> FolderStorage::run(std::function<void()> work) {
    co_await boost::asio::co_spawn(thread_.value().executor(), call(std::move(work)),
                                   boost::asio::use_awaitable);
}

void FolderStorage::write(const std::string& name, std::string_view bytes) {
    auto path = folder_ / name;
    if (auto found = read(name); found && *found == bytes) return;
    runtime::make_folder(path.parent_path());
    auto file = OpenFile::create_in_folder_of(path);
    try {
        file.write(bytes);
        file.sync();  // else the new name might survive a power cut without its content
        if (::rename(file.path().c_str(), path.c_str()) != 0) fail("can't rename", file.path());
    } catch (...) {
        ::unlink(file.path().c_str());
        throw;
    }
}

// write() has synced the folders above.
void FolderStorage::sync(const std::string& name) {
    auto path = folder_ / name;
    sync_path(path, 0);
    sync_path(path.parent_path(), O_DIRECTORY);
}

std::optional<std::string> FolderStorage::read(const std::string& name) {
    auto path = folder_ / name;
    OpenFile file{path, O_RDONLY};
    if (!file.is_open() && errno == ENOENT) return std::nullopt;
    if (!file.is_open()) fail("can't open", path);
    return file.read_all();
}

std::vector<std::string> FolderStorage::list(const std::string& folder) {
    std::vector<std::string> names;
    if (!fs::exists(folder_ / folder)) return names;
    for (const auto& each : fs::directory_iterator{folder_ / folder})
        names.push_back(folder + "/" + each.path().filename().string());
    std::ranges::sort(names);
    return names;
}

}  // namespace stagedoor::history
