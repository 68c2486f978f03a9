// How far imports of listings have come.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::tickets::store {

struct Import {
    std::string id;  // UUIDv7, so that ids are in order of time
    UserId user_id;  // the seller
    std::string file;
    std::int64_t bytes = 0, lines = 0;        // of the file, have been read
    std::int64_t accepted = 0, rejected = 0;  // listings in them
    std::string digest;                       // of these bytes
    Instant started_at;
    std::optional<Instant> finished_at;
};
BOOST_DESCRIBE_STRUCT(Import, (),
                      (id, user_id, file, bytes, lines, accepted, rejected, digest, started_at, finished_at))

// Newest first.
[[nodiscard]] std::vector<Import> imports_of(sql::Tx& tx, const UserId& seller, std::int64_t limit);

[[nodiscard]] std::int64_t count_imports(sql::Tx& tx, const UserId& seller);

// Records that the import has come from `bytes` (0: it begins) to where it is now. False if it is no longer
// there, or if another unfinished import has read the same: somebody else is importing the file.
[[nodiscard]] bool advance_import(sql::Tx& tx, std::int64_t bytes, const Import& now);

}  // namespace stagedoor::tickets::store
