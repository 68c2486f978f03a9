#include "common/sql/sqlite/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/sql/tx.hpp"

namespace stagedoor::sql::sqlite {

FileLock::FileLock(const std::string& database_path) {
    // A separate file: closing any descriptor of the database file would release SQLite's own locks on it.
    auto path = database_path + ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
        throw DatabaseError(fmt::format("{}: can't be opened ({}); check the folder and its permissions",
                                        path, std::strerror(errno)));
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor_);
        throw DatabaseError(
            fmt::format("{}: is open in another program; stop that one first", database_path));
    }
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace stagedoor::sql::sqlite
