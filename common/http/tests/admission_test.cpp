#include "common/http/server/admission.hpp"

#include <gtest/gtest.h>

namespace stagedoor::http {
namespace {

using namespace std::chrono_literals;

TEST(Admission, keeps_the_last_places_for_clients_that_were_rejected_before) {
    Admission admission{10};
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(admission.enter(false));
    EXPECT_FALSE(admission.enter(false));
    EXPECT_TRUE(admission.enter(true));
    EXPECT_TRUE(admission.enter(true));
    EXPECT_FALSE(admission.enter(true));
    admission.leave();
    EXPECT_FALSE(admission.enter(false));
    EXPECT_TRUE(admission.enter(true));
}

TEST(Admission, of_a_single_place_gives_it_to_anybody) {
    Admission admission{1};
    EXPECT_TRUE(admission.enter(false));
    EXPECT_FALSE(admission.enter(true));
    admission.leave();
    EXPECT_TRUE(admission.enter(true));
}

TEST(Admission, lets_clients_wait_longer_the_more_are_rejected) {
    Admission admission{1};
    EXPECT_EQ(admission.retry_after(5s), 1s);
    for (int i = 1; i < 999; ++i) EXPECT_EQ(admission.retry_after(5s + 1ms), 1s);
    EXPECT_EQ(admission.retry_after(5s + 2ms), 2s);
    EXPECT_EQ(admission.retry_after(6s), 2s) << "as many as in the second before";
    EXPECT_EQ(admission.retry_after(8s), 1s) << "none for a second";
    for (int i = 0; i < 100'000; ++i) (void)admission.retry_after(9s);
    EXPECT_EQ(admission.retry_after(9s), 10s) << "at most";
}

}  // namespace
}  // namespace stagedoor::http
