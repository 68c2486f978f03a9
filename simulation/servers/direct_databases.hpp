// Reads the services' databases directly. Simulated time does not pass between queries, so several databases
// can be compared. The table `outbox` has a service's whole history: its rows, and the events in segments.
// Nothing is read twice from a disk that has not changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/servers/marketplace.hpp"
#include "testing/databases/databases.hpp"

namespace stagedoor::simulation {

class DirectDatabases final : public testing::Databases {
  public:
    explicit DirectDatabases(Marketplace& marketplace) : marketplace_(marketplace) {}

    [[nodiscard]] std::vector<testing::Row> query(const std::string& name,
                                                  const std::string& statement) override;
    [[nodiscard]] std::int64_t queries() const { return queries_; }

  private:
    struct File {
        std::string name, content;
        bool operator==(const File&) const = default;
    };
    // Valid for one process of the server.
    struct Reader {
        std::shared_ptr<Process> process;
        std::unique_ptr<DirectReader> direct;
        std::vector<File> segments;  // whose events have been read
        // By statement; valid while the disk does not change.
        std::uint64_t disk_changes = 0;
        std::map<std::string, std::vector<testing::Row>> known;
    };

    [[nodiscard]] std::vector<File> segments_of(DirectReader& reader);
    void read_history(Reader& reader);

    Marketplace& marketplace_;
    std::int64_t queries_ = 0;
    std::map<std::string, Reader> readers_;  // by database
};

}  // namespace stagedoor::simulation
