// The place of a SQLite database on disk: its folder, and that only one program has it.
#pragma once

#include <filesystem>
#include <string>

namespace stagedoor::sql::sqlite {

// Makes the folder, and those above it, when missing; durable when this returns. Throws DatabaseError.
void make_folder(const std::filesystem::path& folder);

// Held as long as the database is open; let go by the system when the program ends, however it ends.
class FileLock {
  public:
    // Throws DatabaseError when another has it.
    explicit FileLock(const std::string& database_path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    int descriptor_ = -1;
};

}  // namespace stagedoor::sql::sqlite
