#include "common/service/listen_url.hpp"

#include <gtest/gtest.h>

namespace stagedoor {
namespace {

TEST(ListenUrl, is_localhost_for_loopback_and_for_all_addresses) {
    for (const auto* address : {"127.0.0.1", "0.0.0.0", "::", "0:0:0:0:0:0:0:0"})
        EXPECT_EQ(listen_url(address, 8080), "http://localhost:8080") << address;
}

TEST(ListenUrl, has_an_ipv6_address_in_brackets) {
    EXPECT_EQ(listen_url("::1", 8399), "http://[::1]:8399");
    EXPECT_EQ(listen_url("2001:db8::7", 80), "http://[2001:db8::7]:80");
    EXPECT_EQ(listen_url("::ffff:192.0.2.1", 80), "http://[::ffff:192.0.2.1]:80");
    EXPECT_EQ(listen_url("fe80::1%lo", 80), "http://[fe80::1%25lo]:80");
}

TEST(ListenUrl, keeps_other_ipv4_addresses) {
    EXPECT_EQ(listen_url("192.0.2.1", 80), "http://192.0.2.1:80");
    EXPECT_EQ(listen_url("127.0.0.2", 80), "http://127.0.0.2:80");
}

}  // namespace
}  // namespace stagedoor
