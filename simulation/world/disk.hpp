// The disks of all machines of a world, in memory: they know what was synced, and lose the rest when the power goes.
//
// They stand below SQLite, as a file system (VFS) of its own that is the default while a Disks lives. sqlite3.h is known to
// disk.cpp alone, as it is to one file of the driver: no product code has to know that its disk is none.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

// One machine's disk. Files are named "/MACHINE/…".
struct Disk {
    struct Write {
        std::size_t at = 0;
        std::string bytes;
    };
    struct File {
        std::string content;  // as a program sees it
        std::string synced;   // as it is after a power cut, if nothing of the following was kept
        std::vector<Write> since;
        std::optional<std::size_t> cut_to;  // shortened since
    };
    std::map<std::string, File> files;
    using Memory = std::vector<std::unique_ptr<char[]>>;
    std::map<std::string, Memory> shared;  // what connections to a file have in common
    std::vector<Memory> left;              // what connections had that were cut off
    std::map<std::string, int> openers;    // how many have a file open
    std::uint64_t mounts = 1;              // who opened a file at an earlier one gets nothing of it any more
    bool full = false;                     // no file grows
    bool fails_to_read = false;            // some reads fail
    bool forgets_to_sync = false;          // fsync does nothing
    bool may_wait = false;  // what is written now need not be safe: a commit's sync is left out
    bool power_goes_at_sync = false;
    std::function<void()> power_went;
};

class Disks {
  public:
    explicit Disks(World& world);
    ~Disks();
    Disks(const Disks&) = delete;
    Disks& operator=(const Disks&) = delete;

    [[nodiscard]] Disk& of(const std::string& machine) { return disks_[machine]; }
    // Of each write since the last sync a part is there, or nothing, or all of it. What has a file open can do nothing
    // with it any more.
    void cut_power(const std::string& machine);

    [[nodiscard]] World& world() { return world_; }
    bool is_looked_at_beside = false;  // nothing fails meanwhile
    [[nodiscard]] Disk& of_file(const std::string& path);

  private:
    World& world_;
    std::map<std::string, Disk> disks_;
};

// Reads a database beside its service: the rows of a statement, each column as text.
class BesideReader {
  public:
    explicit BesideReader(std::string path);
    ~BesideReader();
    BesideReader(const BesideReader&) = delete;
    BesideReader& operator=(const BesideReader&) = delete;
    [[nodiscard]] std::vector<std::vector<std::optional<std::string>>> query(const std::string& statement);

  private:
    struct Opened;
    std::unique_ptr<Opened> opened_;
};

}  // namespace stagedoor::simulation
