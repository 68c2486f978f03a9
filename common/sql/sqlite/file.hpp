// The lock of a SQLite database that keeps other programs out.
#pragma once

#include <string>

namespace stagedoor::sql::sqlite {

// Held while the database is open; the system releases it when the program ends, even by a crash.
class FileLock {
  public:
    // Throws DatabaseError if another program holds it.
    explicit FileLock(const std::string& database_path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    int descriptor_ = -1;
};

}  // namespace stagedoor::sql::sqlite
