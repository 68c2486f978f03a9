// The rows of uploaded pictures. A picture that a listing names is always `stored`: what takes one and what
// deletes one both decide by its row, which they lock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::tickets {

// The answer to an upload.
struct UploadedPicture {
    std::string id;
    std::int64_t width = 0, height = 0;
};
BOOST_DESCRIBE_STRUCT(UploadedPicture, (), (id, width, height))

namespace store {

// Whose files are about to be stored: should that fail, the row says what to delete.
void add_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture);
// Its files are stored. False: it was deleted meanwhile, since that took so long; then it is marked.
[[nodiscard]] bool finish_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture);
// Some of its files may be stored: marks it.
void abandon_picture(sql::Tx& tx, const UserId& owner, const UploadedPicture& picture);

[[nodiscard]] bool is_stored(sql::Tx& tx, const std::string& id);

// The picture for a listing of its owner, from now on in use; nullopt: the seller has no such picture.
[[nodiscard]] std::optional<UploadedPicture> take_picture(sql::Tx& tx, const std::string& id,
                                                          const UserId& seller);
// The same for a listing that exists: its seller's, or that of an admin who edits it.
[[nodiscard]] std::optional<UploadedPicture> take_picture(sql::Tx& tx, const std::string& id,
                                                          const TicketId& listing, const UserId& editor);
// At most `limit` pictures, stored or half stored, that are on no listing and weren't put on one since
// `before`.
[[nodiscard]] std::vector<std::string> unused_pictures(sql::Tx& tx, Instant before, std::int64_t limit);
// Marks a picture if that is still so: from the commit on, no listing can take it.
void mark_if_unused(sql::Tx& tx, const std::string& id, Instant before);
struct MarkedPicture {
    std::string id;
    Instant used_at;
};
BOOST_DESCRIBE_STRUCT(MarkedPicture, (), (id, used_at))
// Those that were marked, also before a crash.
[[nodiscard]] std::vector<MarkedPicture> marked_pictures(sql::Tx& tx, std::int64_t limit);
// Its files are gone; unless an upload has meanwhile stored others and marked it again.
void remove_picture(sql::Tx& tx, const MarkedPicture& picture);

}  // namespace store
}  // namespace stagedoor::tickets
