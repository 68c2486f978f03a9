// A SQLite database's folder, and the lock that keeps other programs out.
#pragma once

#include <filesystem>
#include <string>

namespace stagedoor::sql::sqlite {

// Creates the folder and its parents, if missing; durable on return. Throws DatabaseError.
void make_folder(const std::filesystem::path& folder);

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
