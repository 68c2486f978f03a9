// A step of a service's schema.
#pragma once

#include <string>

namespace stagedoor::sql {

// A forward-only schema migration. Versions count from 1 within a `part` ("common", "orders"). `statements`
// is a script. An auto-incremented key is always written as `BIGSERIAL PRIMARY KEY`.
struct Migration {
    std::string part;
    int version = 0;
    std::string statements;
};

}  // namespace stagedoor::sql
