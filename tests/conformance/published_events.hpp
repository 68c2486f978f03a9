// Checks every published event against the JSON Schemas that subscribers in other languages rely on.
#pragma once

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// Fails the test for events that docs/schemas doesn't allow and for missing versions.
void expect_published_as_documented(Databases& databases);

}  // namespace stagedoor::testing
