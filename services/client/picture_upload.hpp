// The picture of a listing in its form: `upload` is the file, `picture` the id of one that was uploaded
// before, and `removePicture` takes it away.
#pragma once

#include "services/client/visit.hpp"

namespace stagedoor::client {

// Uploads the file of the form that was sent, if it has one, for that listing, or for a new one if it is
// empty; and returns the form with the picture's id in
// place of the file. That is also the form that comes back if it isn't accepted: the picture stays. Throws
// what is wrong with the picture.
[[nodiscard]] Task<Form> take_upload(Visit& visit, std::string_view listing = {});

}  // namespace stagedoor::client
