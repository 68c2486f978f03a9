// What a transaction passes on, with Tx::notify_of, to those who show the thing with this id: a listing of
// tickets, an order of orders. For services that announce changes.
#pragma once

#include <string>

namespace stagedoor {

struct Changed {
    std::string id;
};

}  // namespace stagedoor
