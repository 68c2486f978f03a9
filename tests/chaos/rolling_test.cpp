// Every copy of every service is replaced under traffic, and nobody notices.
#include <signal.h>

#include <iostream>

#include "tests/chaos/city.hpp"

namespace stagedoor::testing {
namespace {

TEST(Rolling, every_copy_is_restarted_and_no_request_fails) {
    City city{{}};
    city.traffic().mark();
    for (auto& copy : city.fleet().copies()) {
        copy->process().signal(SIGTERM);
        EXPECT_EQ(copy->process().wait(15s).code, 0) << copy->name() << ": " << copy->process().errors();
        copy->launch();
        ASSERT_TRUE(comes_true([&] { return copy->is_ready(); }, 20s)) << copy->process().errors();
    }
    long done = 0;
    for (auto doing : all_doings) {
        auto tries = city.traffic().since_mark(doing);
        done += tries.done;
        EXPECT_EQ(tries.failed(), 0) << to_text(doing) << ": " << tries.unavailable << " × 5xx, "
                                     << tries.unanswered << " without an answer, of " << tries.done;
    }
    std::cout << "rolling: " << city.fleet().copies().size() << " copies restarted one after the other, "
              << done << " requests answered" << std::endl;
}

}  // namespace
}  // namespace stagedoor::testing
