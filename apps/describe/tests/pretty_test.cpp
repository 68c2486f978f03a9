#include "apps/describe/pretty.hpp"

#include <gtest/gtest.h>

namespace stagedoor::describe {
namespace {

std::string pretty_of(std::string_view text) { return pretty(json::parse(text).value()); }

TEST(Pretty, keeps_on_one_line_what_fits) {
    EXPECT_EQ(pretty_of(R"({"a":[1,2.50,"x"],"b":{},"c":[],"d":null})"),
              "{\"a\": [1, 2.50, \"x\"], \"b\": {}, \"c\": [], \"d\": null}\n");
    EXPECT_EQ(pretty_of("true"), "true\n");
}

TEST(Pretty, breaks_only_what_does_not_fit) {
    auto long_text = '"' + std::string(100, 'x') + '"';
    EXPECT_EQ(pretty_of(R"({"short":[1,2],"long":)" + long_text + "}"),
              "{\n  \"short\": [1, 2],\n  \"long\": " + long_text + "\n}\n");
    EXPECT_EQ(pretty_of("[{\"a\":[" + long_text + ",1]}]"),
              "[\n  {\n    \"a\": [\n      " + long_text + ",\n      1\n    ]\n  }\n]\n");
}

TEST(Pretty, does_not_change_the_value) {
    auto text =
        R"({"a":{"b":[)" + std::string(60, '1') + R"(,"\"ü"],"c":)" + '"' + std::string(90, 'y') + "\"}}";
    std::string again;
    json::write_value(again, json::parse(pretty_of(text)).value());
    EXPECT_EQ(again, text);
}

}  // namespace
}  // namespace stagedoor::describe
