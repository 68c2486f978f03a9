// Passed to Tx::notify_of when a transaction changes what others display: the id of a listing (tickets) or an
// order (orders).
#pragma once

#include <string>

namespace stagedoor {

struct Changed {
    std::string id;
};

}  // namespace stagedoor
