#include "services/client/next_path.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

TEST(NextPath, accepts_paths_on_this_site) {
    for (auto path :
         {"/", "/orders", "/tickets/0190b6c4?done=saved", "/?q=na%C3%AFve&sort=-price", "/a//b"}) {
        EXPECT_EQ(next_path(path), path);
    }
}

TEST(NextPath, never_leads_to_another_site) {
    for (auto text : {"", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
                      "https://evil.example", "https:evil.example", "javascript:alert(1)", "evil.example",
                      "/\t/evil.example", "/\n/evil.example", " //evil.example", "/a\\..\\b",
                      "/a\r\nSet-Cookie: session=x", "/\x01", "/caf\xC3\xA9"}) {
        EXPECT_EQ(next_path(text), "/") << text;
    }
    EXPECT_EQ(next_path("/" + std::string(2000, 'a')), "/");
}

TEST(NextPath, is_part_of_the_sign_in_url) {
    EXPECT_EQ(sign_in_url("/orders?after=a b"), "/auth/signin");
    EXPECT_EQ(sign_in_url("/orders?after=a"), "/auth/signin?next=%2Forders%3Fafter%3Da");
    EXPECT_EQ(sign_in_url("//evil.example"), "/auth/signin");
}

}  // namespace
}  // namespace stagedoor::client
