#include "services/client/visit_language.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

TEST(Prefix, is_put_before_addresses_of_pages) {
    EXPECT_EQ(with_prefix("/de", "/orders?after=x"), "/de/orders?after=x");
    EXPECT_EQ(with_prefix("/de", "/"), "/de/");
    EXPECT_EQ(with_prefix("", "/orders"), "/orders");
    for (auto other : {"/static/a.css", "/api/orders", "/posters/1.svg", "/.well-known/security.txt",
                       "/fr/orders", "/de", "//evil.example", "https://evil.example", "#main", "?q=x", ""})
        EXPECT_EQ(with_prefix("/de", other), other);
}

TEST(Prefix, is_taken_off) {
    EXPECT_EQ(without_prefix("/de/orders?x"), "/orders?x");
    EXPECT_EQ(without_prefix("/de"), "/");
    EXPECT_EQ(without_prefix("/de?x"), "/?x");
    EXPECT_EQ(without_prefix("/deutsch"), "/deutsch");
    EXPECT_EQ(without_prefix("/de//evil.example"), "/");
}

TEST(Prefix, is_put_into_the_links_of_a_page) {
    EXPECT_EQ(with_prefixed_links(
                  R"(<a href="/">a</a> <form action="/x"> <b formaction="/y"> <img src="/z">)"
                  R"( <a href="/static/s"> <a href="#m"> <a href="//e"> <i data-href="/n" value="/v">)"
                  R"( <a href="/)",
                  "/de"),
              R"(<a href="/de/">a</a> <form action="/de/x"> <b formaction="/de/y"> <img src="/z">)"
              R"( <a href="/static/s"> <a href="#m"> <a href="//e"> <i data-href="/n" value="/v">)"
              R"( <a href="/de/)");
}

}  // namespace
}  // namespace stagedoor::client
