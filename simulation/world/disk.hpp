// The disks of all machines of a world, in memory. They know what was synced, and may lose the rest in a
// power cut.
//
// While a Disks exists, it is SQLite's default file system (VFS), so the SQLite driver does not know that its
// disk is simulated. Only disk.cpp includes sqlite3.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

// One machine's disk. Files are named "/MACHINE/…".
struct Disk {
    struct Write {
        std::size_t at = 0, begin = 0, size = 0;  // begin: of its bytes in unsynced_bytes
    };
    struct File {
        std::string content;                      // as programs see it
        std::string synced;                       // what survives any power cut
        std::vector<Write> unsynced;              // since the last sync
        std::string unsynced_bytes;               // of all of them
        std::optional<std::size_t> truncated_to;  // since the last sync

        [[nodiscard]] std::string_view bytes_of(const Write& write) const {
            return std::string_view{unsynced_bytes}.substr(write.begin, write.size);
        }
        void add_unsynced(std::size_t at, std::string_view bytes) {
            unsynced.push_back({at, unsynced_bytes.size(), bytes.size()});
            unsynced_bytes += bytes;
        }
        void forget_unsynced() {
            unsynced.clear();
            unsynced_bytes.clear();
            truncated_to.reset();
        }
    };
    std::map<std::string, std::shared_ptr<File>> files;  // a removed one stays where it is open
    // Makes it if it is missing.
    [[nodiscard]] const std::shared_ptr<File>& file(const std::string& path) {
        auto& file = files[path];
        if (!file) file = std::make_shared<File>();
        return file;
    }
    using Memory = std::vector<std::unique_ptr<char[]>>;
    std::map<std::string, Memory> shared;   // the shared memory of connections to a file
    std::vector<Memory> detached;           // shared memory from before a power cut
    std::map<std::string, int> open_count;  // by file
    std::uint64_t mounts = 1;               // files opened at an earlier mount are unusable
    std::uint64_t changes = 0;              // of any file's content
    bool full = false;                      // no file can grow
    bool read_errors = false;               // some reads fail
    bool ignores_fsync = false;             // fsync does nothing
    bool relaxed_durability = false;        // the current commit needs no fsync
    bool power_fails_at_fsync = false;
    std::function<void()> on_power_failure;
};

class Disks {
  public:
    explicit Disks(World& world);
    ~Disks();
    Disks(const Disks&) = delete;
    Disks& operator=(const Disks&) = delete;

    [[nodiscard]] Disk& disk_of(const std::string& machine) { return disks_[machine]; }
    // Each write since the last sync is kept, lost, or torn at a sector. Open files become unusable.
    void cut_power(const std::string& machine);

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] Disk& disk_of_file(const std::string& path);

    bool suppress_read_errors = false;  // of all disks

  private:
    World& world_;
    std::map<std::string, Disk> disks_;
};

// Reads a database directly, bypassing its server and its faults. Columns are returned as text. Changes only
// temporary tables of its own. Throws std::runtime_error.
class DirectReader {
  public:
    explicit DirectReader(std::string path);
    ~DirectReader();
    DirectReader(const DirectReader&) = delete;
    DirectReader& operator=(const DirectReader&) = delete;
    std::vector<std::vector<std::optional<std::string>>> query(
        const std::string& statement, const std::vector<std::string>& parameters = {});

  private:
    struct Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace stagedoor::simulation
