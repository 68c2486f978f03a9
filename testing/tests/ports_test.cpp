#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "fleet/process.hpp"

namespace stagedoor::fleet {
namespace {

// Parent and child search from the same port, since the child is a fork.
TEST(FreePort, is_reserved_for_one_program_while_it_runs) {
    std::array<int, 2> reply{}, ends{};
    ASSERT_EQ(::pipe(reply.data()), 0);
    ASSERT_EQ(::pipe(ends.data()), 0);
    auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(ends[1]);
        auto port = free_port();
        (void)!::write(reply[1], &port, sizeof port);
        (void)!::read(ends[0], &port, sizeof port);  // until our parent closes it
        ::_exit(0);
    }
    std::uint16_t theirs = 0;
    ASSERT_EQ(::read(reply[0], &theirs, sizeof theirs), static_cast<ssize_t>(sizeof theirs));
    EXPECT_NE(theirs, 0);
    EXPECT_NE(free_port(), theirs);
    ::close(ends[1]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    for (auto each : {reply[0], reply[1], ends[0]}) ::close(each);
}

}  // namespace
}  // namespace stagedoor::fleet
