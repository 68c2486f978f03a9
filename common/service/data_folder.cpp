#include "common/service/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "common/runtime/folder.hpp"
#include "common/service/startup_error.hpp"

namespace stagedoor {
namespace {

// An unreadable secret is an error and is never replaced: the keys in auth's database are encrypted with it.
std::optional<std::string> read_secret(const std::string& path) {
    auto descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) return std::nullopt;
    std::array<char, 4096> text{};
    auto size = descriptor < 0 ? -1 : ::read(descriptor, text.data(), text.size());
    auto error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (size < 0) {
        throw StartupError("can't read " + path + ": " + std::generic_category().message(error) +
                           "; correct its permissions or restore it from a backup");
    }
    std::string secret{text.data(), static_cast<std::size_t>(size)};
    secret.resize(std::min(secret.find('\n'), secret.size()));
    if (secret.size() < 16) {
        throw StartupError(path +
                           " has fewer than 16 characters, so it is damaged; restore it from a backup, "
                           "or replace the keys (docs/operations/accounts-and-keys.md)");
    }
    return secret;
}

}  // namespace

DataFolder::DataFolder(const std::string& path) : path_(path) {
    try {
        runtime::make_folder(path_);
    } catch (const std::exception& error) {
        throw StartupError("can't write to the data folder " + path + ": " + error.what());
    }
    auto lock = (path_ / "lock").string();
    lock_descriptor_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_descriptor_ < 0) {
        throw StartupError("can't write to the data folder " + path + ": " +
                           std::generic_category().message(errno) +
                           "; correct its permissions or choose another folder with --data");
    }
    if (::flock(lock_descriptor_, LOCK_EX | LOCK_NB) != 0) {
        throw StartupError(
            "the data folder " + path +
            " is in use by another Stagedoor; stop that one or choose another folder with --data");
    }
}

DataFolder::~DataFolder() { ::close(lock_descriptor_); }

// Makes renames in the folder survive a power cut.
bool DataFolder::sync() const {
    auto folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto synced = folder >= 0 && ::fsync(folder) == 0;
    if (folder >= 0) ::close(folder);
    return synced;
}

std::string DataFolder::stored_secret(const std::string& name, runtime::Random& random) const {
    auto path = file(name);
    if (auto stored = read_secret(path)) return *stored;
    auto secret = random.hex(32);
    auto temporary = path + ".new";
    auto descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    auto line = secret + "\n";
    auto written = descriptor >= 0 &&
                   ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                   ::fsync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!written || ::rename(temporary.c_str(), path.c_str()) != 0 || !sync())
        throw StartupError("can't write " + path + "; is the disk full?");
    return secret;
}

}  // namespace stagedoor
