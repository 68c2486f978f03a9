// Puts the listings of a file on sale.
#pragma once

#include <optional>
#include <string>

#include "common/service/host.hpp"
#include "services/tickets/import/records.hpp"

namespace stagedoor::tickets {

struct ImportRequest {
    UserId seller;
    std::string path;  // "-": standard input
    Format format = Format::csv;
    std::string report;       // the file for rejected lines; empty: none
    bool again = false;       // import what earlier imports have read
    bool check_only = false;  // list nothing
};

// What the command returns.
enum class ImportResult { all_accepted = 0, some_rejected = 3 };

// Lists the tickets of each line like POST /api/tickets, in batches, each of which is one transaction
// together with the events and how far the import has come. So an import that was interrupted continues when
// it is started again with the same file. Prints what it did. Throws InputError if the file can't be
// imported, or not further; what was imported stays.
[[nodiscard]] Task<ImportResult> import_listings(Host& host, ImportRequest request);

}  // namespace stagedoor::tickets
