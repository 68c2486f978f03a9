#include "common/http/authority.hpp"

#include <gtest/gtest.h>

namespace stagedoor::http {
namespace {

TEST(Authority, is_parsed_into_host_and_port) {
    auto parsed = Authority::parse("Tickets.Example:8080").value();
    EXPECT_EQ(parsed.host, "tickets.example");
    EXPECT_EQ(parsed.port, 8080);
    EXPECT_FALSE(parsed.is_address);
    EXPECT_EQ(Authority::parse("a:")->port, std::nullopt);
    for (auto [text, host] :
         std::initializer_list<std::pair<const char*, const char*>>{{"127.0.0.1", "127.0.0.1"},
                                                                    {"192.0.2.7:80", "192.0.2.7"},
                                                                    {"[::1]:80", "::1"},
                                                                    {"[0:0:0:0:0:0:0:1]", "::1"},
                                                                    {"[2001:DB8::1]", "2001:db8::1"}}) {
        auto address = Authority::parse(text).value();
        EXPECT_EQ(address.host, host) << text;
        EXPECT_TRUE(address.is_address) << text;
    }
    for (auto name : {"127.0.0.1.evil.example", "127.0.0.1.nip.io", "1.2.3", "localhost", "a_b"})
        EXPECT_FALSE(Authority::parse(name).value().is_address) << name;
}

TEST(Authority, is_nothing_else) {
    for (auto text : {"", ":80", "user@host", "a b", "a/b", "a?b", "a:b", "a:99999", "a:0", "a:+1", "a:80:80",
                      "[::1", "[::1]80", "[a]", "[fe80::1%eth0]", "a%20b", "a@", "::1", "http://a"})
        EXPECT_FALSE(Authority::parse(text)) << text;
}

TEST(Origin, is_compared_by_its_parts) {
    auto same = [](const char* one, const char* other) { return Origin::parse(one) == Origin::parse(other); };
    EXPECT_TRUE(same("https://tickets.example", "HTTPS://Tickets.Example:443"));
    EXPECT_TRUE(same("http://tickets.example:80", "http://tickets.example"));
    EXPECT_TRUE(same("http://[::1]:8080", "http://[0:0::1]:8080"));
    EXPECT_FALSE(same("http://tickets.example", "https://tickets.example"));
    EXPECT_FALSE(same("http://tickets.example:443", "https://tickets.example"));
    EXPECT_FALSE(same("https://tickets.example", "https://tickets.example.evil.example"));
    EXPECT_EQ(Origin::parse("https://Tickets.Example:443"), Origin::of(true, "tickets.example"));
}

TEST(Origin, is_a_scheme_and_an_authority_only) {
    for (auto text : {"", "null", "tickets.example", "//a", "ftp://a", "https://", "https://a/",
                      "https://a/b", "https://a?b", "https://u@a", "https:/a"})
        EXPECT_FALSE(Origin::parse(text)) << text;
}

TEST(Origin, is_written_without_the_port_of_its_scheme) {
    for (auto [text, written] : std::initializer_list<std::pair<const char*, const char*>>{
             {"https://Tickets.Example:443", "https://tickets.example"},
             {"http://localhost:8080", "http://localhost:8080"},
             {"http://[::1]:80", "http://[::1]"}}) {
        EXPECT_EQ(Origin::parse(text)->to_text(), written);
    }
}

}  // namespace
}  // namespace stagedoor::http
