#include "common/http/negotiation.hpp"

#include <gtest/gtest.h>

namespace stagedoor::http {
namespace {

Headers accept(std::string value) { return {{"Accept", std::move(value)}}; }

TEST(Quality, is_read_as_rfc_9110_says) {
    for (auto [parameters, weight] :
         std::initializer_list<std::pair<const char*, double>>{{"", 1},
                                                               {"q=0.5", 0.5},
                                                               {" Q=0.25 ; level=1", 0.25},
                                                               {"level=1;q=0", 0},
                                                               {"q=5", 1},
                                                               {"q=-1", 0},
                                                               {"q=high", 0},
                                                               {"q=nan", 0},
                                                               {"q=inf", 0},
                                                               {"q=", 0},
                                                               {"freq=0.1", 1},
                                                               {R"(title="a;q=0.1";q=0.7)", 0.7}}) {
        EXPECT_EQ(quality(parameters), weight) << parameters;
    }
}

TEST(Acceptance, is_that_of_the_narrowest_range) {
    auto headers = accept("text/*;q=0.3, text/html;q=0.7, */*;q=0.1, text/plain;q=0");
    EXPECT_EQ(acceptance(headers, "text/html").weight, 0.7);
    EXPECT_EQ(acceptance(headers, "TEXT/HTML").weight, 0.7);
    EXPECT_EQ(acceptance(headers, "text/csv").weight, 0.3);
    EXPECT_EQ(acceptance(headers, "text/plain").weight, 0);
    EXPECT_EQ(acceptance(headers, "image/png").weight, 0.1);
    EXPECT_EQ(acceptance(accept("text/html"), "image/png"), Acceptance{});
    EXPECT_EQ(acceptance({}, "text/html"), Acceptance{});
    EXPECT_EQ(acceptance({{"Accept", "text/csv"}, {"accept", "text/html;q=0.5"}}, "text/html").weight, 0.5);
}

TEST(PrefersJson, compares_weights_then_specificity) {
    for (auto value :
         {"application/json", "text/html;q=0.5, application/json;q=0.9", "application/json, text/plain, */*",
          "application/json; Q=0.3, text/html; level=1; q=0.2", "APPLICATION/JSON",
          "application/problem+json", R"(text/html;title="a,b";q=0.1, application/json)", "application/*"})
        EXPECT_TRUE(prefers_json(accept(value))) << value;
    for (auto value :
         {"", "*/*", "text/html", "text/html, application/json;q=0.9",
          "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json;q=5",
          "text/html;freq=0.1, application/json;q=0.9", "application/json;q=high, text/html;q=0.1",
          "application/json;q=inf, text/html;q=0.1", "text/html, application/json", "application/json;q=0",
          "text/*, application/json;q=0.5"})
        EXPECT_FALSE(prefers_json(accept(value))) << value;
    EXPECT_FALSE(prefers_json({}));
}

TEST(PreferredLanguage, is_the_best_of_ours) {
    using enum Language;
    auto preferred = [](std::string value) {
        return preferred_language({{"Accept-Language", std::move(value)}});
    };
    EXPECT_EQ(preferred("de"), de);
    EXPECT_EQ(preferred("DE-at"), de);
    EXPECT_EQ(preferred("en;q=0.5, fr;q=0.8, de;q=0.7"), fr);
    EXPECT_EQ(preferred("ja, es-MX;q=0.4, *;q=0.1"), es);
    EXPECT_EQ(preferred("fr, de"), fr) << "of two alike the first";
    EXPECT_EQ(preferred("de;q=0.2, de-CH;q=0.9, en;q=0.5"), de);
    for (auto none : {"", "ja", "*", "de;q=0", "deu", "d", "de;q=high", "klingon-DE"})
        EXPECT_EQ(preferred(none), std::nullopt) << none;
    EXPECT_EQ(preferred_language({}), std::nullopt);
    EXPECT_EQ(preferred_language({{"Accept-Language", "en;q=0.5"}, {"accept-language", "de"}}), de);
}

TEST(AcceptsGzip, compares_its_weight_with_that_of_uncompressed_content) {
    auto accepts = [](std::string value) { return accepts_gzip({{"Accept-Encoding", std::move(value)}}); };
    for (auto value : {"gzip", "GZIP", "x-gzip", "br, gzip;q=0.5", "*", "*;q=0.1", "gzip;q=1, identity;q=1"})
        EXPECT_TRUE(accepts(value)) << value;
    for (auto value : {"", "br", "identity", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=0.5, identity",
                       "gzipped", "gzip;q=x"})
        EXPECT_FALSE(accepts(value)) << value;
    EXPECT_TRUE(accepts_gzip({{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}))
        << "over several lines";
}

}  // namespace
}  // namespace stagedoor::http
