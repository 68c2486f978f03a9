#include "common/runtime/mutation.hpp"

#include <gtest/gtest.h>

namespace stagedoor::runtime {
namespace {

TEST(Mutation, is_never_active_outside_the_simulation) {
    for (auto mutation = 0; mutation <= static_cast<int>(Mutation::webhook_unsigned); ++mutation)
        EXPECT_FALSE(mutated(static_cast<Mutation>(mutation)));
}

}  // namespace
}  // namespace stagedoor::runtime
