#include "common/http/message.hpp"

#include <gtest/gtest.h>

#include "common/http/routing/problem.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::http {
namespace {

TEST(Headers, are_case_insensitive_and_keep_their_order) {
    Headers headers;
    headers.add("Set-Cookie", "a=1");
    headers.add("X-Other", "x");
    headers.add("set-cookie", "b=2");

    EXPECT_EQ(headers["SET-COOKIE"], "a=1");
    EXPECT_TRUE(headers.has("x-other"));
    EXPECT_FALSE(headers.has("x-othe"));
    EXPECT_EQ(headers["absent"], "");
    EXPECT_EQ(headers.size(), 3u);
}

TEST(Headers, are_replaced_by_set) {
    Headers headers;
    headers.add("A", "1");
    headers.add("B", "2");
    headers.add("a", "3");
    headers.set("A", "4");
    headers.set("C", "5");

    EXPECT_EQ(headers.size(), 3u);
    EXPECT_EQ(headers["a"], "4");
    EXPECT_EQ(headers["c"], "5");
    headers.remove("b");
    EXPECT_FALSE(headers.has("B"));
}

TEST(Target, is_split_into_path_and_query) {
    Request request;
    ASSERT_TRUE(request.set_target("/a%20b/c+d?q=1%202&x"));
    EXPECT_EQ(request.path, "/a b/c+d");
    EXPECT_EQ(request.query, "q=1%202&x");
    EXPECT_EQ(request.target, "/a%20b/c+d?q=1%202&x");

    ASSERT_TRUE(request.set_target("/plain"));
    EXPECT_EQ(request.query, "");
    ASSERT_TRUE(request.set_target("/?a=b?c"));
    EXPECT_EQ(request.query, "a=b?c");
}

TEST(Target, may_be_absolute_and_then_sets_the_host) {
    Request request;
    request.headers.add("Host", "other");
    ASSERT_TRUE(request.set_target("http://shop.example:8080/a?b=c"));
    EXPECT_EQ(request.path, "/a");
    EXPECT_EQ(request.target, "/a?b=c");
    EXPECT_EQ(request.headers["Host"], "shop.example:8080");

    ASSERT_TRUE(request.set_target("HTTPS://[::1]?x"));
    EXPECT_EQ(request.path, "/");
    EXPECT_EQ(request.target, "/?x");
    EXPECT_EQ(request.headers["Host"], "[::1]");
}

TEST(Target, is_rejected_if_readers_could_disagree) {
    using namespace std::string_view_literals;
    for (auto target :
         {"",        "a",         "*",         "//%",           "/%",           "/%4",         "/%zz",
          "/a%00b",  "/..",       "/../a",     "/a/..",         "/a/./b",       "/a/%2e%2e/b", "/%2E",
          "/a%2fb",  "/a%2Fb",    "/a#b",      "/a b",          "/a\x7f",       "/%0d%0aX:1",  "/?a=%0",
          "/?a=%00", "ftp://a/b", "http:///a", "http://u:p@h/", "http://[::1/", "http:/a",     "://a/"}) {
        Request request;
        EXPECT_FALSE(request.set_target(target)) << target;
    }
    Request request;
    EXPECT_FALSE(request.set_target("/a\0b"sv));
    EXPECT_TRUE(request.set_target("/...")) << "three dots are an ordinary name";
    EXPECT_TRUE(request.set_target("/.well-known/a..b/c."));
    EXPECT_TRUE(request.set_target("/?q=a|b{c}\"'^`\\")) << "browsers send these unescaped";
    EXPECT_TRUE(request.set_target("/caf\xC3\xA9"));
}

TEST(Cookie, is_found_by_its_exact_name) {
    Request request;
    request.headers.add("Cookie", "xsession=no; session=ey.J=x;empty=; spaced = 1");
    request.headers.add("cookie", "second=2");

    EXPECT_EQ(request.cookie("session"), "ey.J=x");
    EXPECT_EQ(request.cookie("Session"), "");
    EXPECT_EQ(request.cookie("empty"), "");
    EXPECT_EQ(request.cookie("second"), "2");
    EXPECT_EQ(request.cookie("absent"), "");
    EXPECT_EQ(Request{}.cookie("session"), "");
}

TEST(Cookie, may_be_sent_several_times) {
    Request request;
    request.headers.add("Cookie", "session=old; a=1; session=");
    request.headers.add("Cookie", "session=new");
    EXPECT_EQ(request.cookies("session"), (std::vector<std::string_view>{"old", "", "new"}));
    EXPECT_EQ(request.cookie("session"), "old");
    EXPECT_TRUE(request.cookies("absent").empty());
}

TEST(PercentCoding, decodes_and_encodes) {
    EXPECT_EQ(percent_decode("a%20b+c", false), "a b+c");
    EXPECT_EQ(percent_decode("a%20b+c", true), "a b c");
    EXPECT_EQ(percent_decode("%C3%a9", true), "\xC3\xA9");
    EXPECT_EQ(percent_decode("%", true), std::nullopt);
    EXPECT_EQ(percent_decode("%4", true), std::nullopt);
    EXPECT_EQ(percent_decode("%+4", true), std::nullopt);
    EXPECT_EQ(percent_decode("%00", true), std::nullopt);
    EXPECT_EQ(percent_encode("a b/é~-._+"), "a%20b%2F%C3%A9~-._%2B");
}

TEST(Pairs, are_parsed_from_queries_and_forms) {
    EXPECT_EQ(parse_pairs(""), Pairs{});
    EXPECT_EQ(parse_pairs("a=1&b=x+y%26&&c&=d&a=2"),
              (Pairs{{"a", "1"}, {"b", "x y&"}, {"c", ""}, {"", "d"}, {"a", "2"}}));
    EXPECT_EQ(parse_pairs("a=%zz"), std::nullopt);
    EXPECT_EQ(parse_pairs("%=1"), std::nullopt);
}

TEST(Methods, are_case_sensitive) {
    EXPECT_EQ(method_from("DELETE"), Method::delete_);
    EXPECT_EQ(method_from("get"), Method::other);
    EXPECT_EQ(method_from("PATCH"), Method::other);
    EXPECT_EQ(to_text(Method::options), "OPTIONS");
}

TEST(Elements, are_split_at_commas) {
    std::string_view rest = " a , ,b,";
    std::string_view element;
    ASSERT_TRUE(next_element(rest, element));
    EXPECT_EQ(element, "a");
    ASSERT_TRUE(next_element(rest, element));
    EXPECT_EQ(element, "b");
    EXPECT_FALSE(next_element(rest, element));
}

TEST(Elements, may_contain_commas_in_quoted_strings) {
    std::string_view rest = R"(a;t="b,c\"d,",e)";
    std::string_view element;
    ASSERT_TRUE(next_element(rest, element));
    EXPECT_EQ(element, R"(a;t="b,c\"d,")");
    ASSERT_TRUE(next_element(rest, element));
    EXPECT_EQ(element, "e");
    rest = R"(a="unterminated, b)";
    ASSERT_TRUE(next_element(rest, element));
    EXPECT_FALSE(next_element(rest, element));
}

TEST(Headers, of_several_lines_are_one_list) {
    const Headers headers{{"If-Match", "\"1\""}, {"X", "y"}, {"if-match", "\"2\""}};
    EXPECT_EQ(headers.joined("If-Match"), "\"1\", \"2\"");
    EXPECT_EQ(headers.joined("absent"), "");
}

TEST(Problem, makes_sense_without_its_field) {
    EXPECT_EQ(sentence({"is missing"_text, "items[0].ticketId"}), "Ticket ID is missing");
    EXPECT_EQ(sentence({"must be between 1 and 100"_text, "maxPerOrder"}),
              "Max per order must be between 1 and 100");
    EXPECT_EQ(sentence({"must be an object"_text, "items[2]"}), "Element 3 of items must be an object");
    EXPECT_EQ(sentence({"is missing"_text, "q"}), "Q is missing");
    EXPECT_EQ(sentence({"is not allowed"_text, "Idempotency-Key"}), "Idempotency-Key is not allowed");
    EXPECT_EQ(sentence({"is empty"_text, ""}), "The request is empty");
    EXPECT_EQ(sentence({"Email is already in use"_text, "email"}), "Email is already in use");
    EXPECT_EQ(sentence({""_text, "email"}), "");
}

TEST(Problem, is_in_the_language_that_the_request_prefers) {
    Request request;
    request.headers.add("Accept-Language", "de-AT,de;q=0.9,en;q=0.8");
    auto response = problem(std::make_exception_ptr(Invalid{
                                {{"must not be empty"_text, "title"}, {"is missing"_text, "newField"}}}),
                            request);
    EXPECT_EQ(response.headers["Content-Language"], "de");
    EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Bad Request","status":400,"errors":[)"
                             R"({"message":"Titel darf nicht leer sein","field":"title"},)"
                             R"({"message":"„newField“ fehlt","field":"newField"}]})");
    EXPECT_NE(problem(std::make_exception_ptr(42), request).body.find("Etwas ist schiefgegangen"),
              std::string::npos);
    EXPECT_EQ(problem(std::make_exception_ptr(NotFound{}), Request{}).headers["Content-Language"], "en");
}

TEST(Problem, challenges_whoever_is_not_signed_in) {
    EXPECT_EQ(problem(NotSignedIn{}).headers["WWW-Authenticate"], "Bearer realm=\"stagedoor\"");
    EXPECT_FALSE(problem(Forbidden{"no"_text}).headers.has("WWW-Authenticate"));
}

TEST(Problem, has_the_one_error_shape) {
    auto response = problem(Invalid{{{"is \"too\" long"_text, "title"}, {"must be positive"_text, "price"}}});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers["Content-Type"], "application/problem+json");
    EXPECT_EQ(response.body, R"({"type":"about:blank","title":"Bad Request","status":400,"errors":[)"
                             R"({"message":"Title is \"too\" long","field":"title"},)"
                             R"({"message":"Price must be positive","field":"price"}]})");
    EXPECT_EQ(
        problem(NotFound{}).body,
        R"({"type":"about:blank","title":"Not Found","status":404,"errors":[{"message":"Not found"}]})");
}

TEST(Problem, has_retry_after_and_allow) {
    EXPECT_EQ(problem(TooManyRequests{"Slower"_text, std::chrono::milliseconds{1001}}).headers["Retry-After"],
              "2");
    ApiError wrong_method{ErrorKind::method_not_allowed, "No such method here"_text};
    wrong_method.allow = "GET, HEAD";
    EXPECT_EQ(problem(wrong_method).headers["Allow"], "GET, HEAD");
    EXPECT_FALSE(problem(NotFound{}).headers.has("Retry-After"));
}

TEST(Problem, of_any_other_exception_reveals_nothing) {
    log::start(log::Level::off);
    auto failed = problem(std::make_exception_ptr(std::runtime_error("secret")), Request{});
    EXPECT_EQ(failed.status, 500);
    EXPECT_EQ(failed.body.find("secret"), std::string::npos);
    EXPECT_NE(failed.body.find("Something went wrong"), std::string::npos);
    EXPECT_EQ(problem(std::make_exception_ptr(42), Request{}).status, 500);
    EXPECT_EQ(problem(std::make_exception_ptr(Conflict{"taken"_text}), Request{}).status, 409);
    log::stop();
}

}  // namespace
}  // namespace stagedoor::http
