// The picture of a listing in its form: `upload` is the file, `picture` the id of one that was uploaded
// before, and `removePicture` takes it away.
#pragma once

#include "services/client/visit.hpp"

namespace stagedoor::client {

// Uploads the file of the form that was sent, if it has one, and returns the form with the picture's id in
// place of the file. That is also the form that comes back if it isn't accepted: the picture stays. Throws
// what is wrong with the picture. `listing`: whose picture it will be; empty: that of a new listing.
[[nodiscard]] Task<Form> take_upload(Visit& visit, std::string_view listing = {});

}  // namespace stagedoor::client
