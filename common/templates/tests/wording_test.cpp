#include "common/templates/wording.hpp"

#include <gtest/gtest.h>

namespace stagedoor::templates {
namespace {

Money money(std::int64_t minor, std::string_view currency) {
    return {minor, Currency::parse(currency).value()};
}

TEST(Wording, prices) {
    EXPECT_EQ(price(money(1999, "USD")), "$19.99");
    EXPECT_EQ(price(money(125'000, "USD")), "$1,250.00");
    EXPECT_EQ(price(money(99'999'999, "EUR")), "€999,999.99");
    EXPECT_EQ(price(money(12'000, "JPY")), "¥12,000");
    EXPECT_EQ(price(money(5, "GBP")), "£0.05");
    EXPECT_EQ(price(money(1'500, "KWD")), "KWD 1.500");
    EXPECT_EQ(price(money(-125'000, "USD")), "-$1,250.00");
    EXPECT_EQ(price(money(0, "USD")), "$0.00");
}

TEST(Wording, numbers) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'000), "1,000");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(-123), "-123");
    EXPECT_EQ(grouped(-1'234), "-1,234");
    EXPECT_EQ(counted(1, "ticket"), "1 ticket");
    EXPECT_EQ(counted(0, "ticket"), "0 tickets");
    EXPECT_EQ(counted(1'200, "ticket"), "1,200 tickets");
}

}  // namespace
}  // namespace stagedoor::templates
