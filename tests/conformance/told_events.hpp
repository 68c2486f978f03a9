// Every event that a marketplace has told, held against the documents that other languages are written from.
#pragma once

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// Fails the test for what docs/schemas does not allow, and for versions that are missing.
void expect_told_as_documented(Databases& databases);

}  // namespace stagedoor::testing
