// What pages may show of each listing: every state that tickets' rows have had, and until when. Read from the
// database after each commit.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/servers/direct_databases.hpp"

namespace stagedoor::simulation {

class ShownListings {
  public:
    explicit ShownListings(Marketplace& marketplace);

    // Whether this part of a page shows the listing as it was at some moment since `since`.
    [[nodiscard]] bool is_shown_since(Duration since, const std::string& id, std::string_view html);
    // Whether it shows the listing as it was in a live update, or later.
    [[nodiscard]] bool is_as_new_as(std::string_view event, const std::string& id, std::string_view html);

  private:
    struct Snapshot {
        std::string title, price, left;
        Duration until = Duration::max();  // the present one
        [[nodiscard]] bool is_in(std::string_view html) const;
        [[nodiscard]] bool is_in_event(std::string_view data) const;
    };

    void record();
    [[nodiscard]] bool read();

    Marketplace& marketplace_;
    DirectDatabases databases_;
    std::map<std::string, std::vector<Snapshot>> by_id_;  // oldest first
    std::map<std::string, testing::Row> rows_;            // what each was read from last, by id
    std::shared_ptr<Process> server_;                     // that was read last
    Duration known_from_{};                               // something from before it may be missing
};

}  // namespace stagedoor::simulation
