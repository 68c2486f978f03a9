#include "common/runtime/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace stagedoor::runtime {
namespace {

void make_durable(const std::filesystem::path& folder) {
    int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // not readable, so we didn't create anything in it
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

void make_folder(const std::filesystem::path& folder) {
    std::error_code unreadable;
    if (folder.empty() || std::filesystem::is_directory(folder, unreadable)) return;
    auto parent = folder.parent_path();
    make_folder(parent);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw std::runtime_error(
            fmt::format("{}: can't create this folder ({}); create it, or check the permissions",
                        folder.string(), std::generic_category().message(errno)));
    make_durable(parent.empty() ? "." : parent);
}

}  // namespace stagedoor::runtime
