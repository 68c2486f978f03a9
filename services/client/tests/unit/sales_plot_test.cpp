#include "services/client/sales_plot.hpp"

#include <gtest/gtest.h>

#include "services/client/tests/unit/texts.hpp"

namespace stagedoor::client {
namespace {

RecentDays days(std::string_view now, std::int64_t count, std::string zone = "UTC") {
    return {Instant::parse(now).value(), count, std::move(zone)};
}

SalesDay sold(std::string day, std::int64_t minor, std::string_view currency = "EUR") {
    auto code = Currency::parse(currency).value();
    Money none{0, code};
    return {std::move(day), 1, 0, {minor, code}, none, none, none};
}

TEST(SalesPlot, is_left_out_without_sales_in_that_currency) {
    auto yen = Currency::parse("JPY").value();
    EXPECT_FALSE(money_plot({}, yen, days("2026-05-02T10:00:00Z", 30), texts()));
    EXPECT_FALSE(money_plot({sold("2026-05-02", 5)}, yen, days("2026-05-02T10:00:00Z", 30), texts()));
    EXPECT_FALSE(tickets_plot(std::vector<SalesDay>{}, days("2026-05-02T10:00:00Z", 30), texts()));
}

TEST(SalesPlot, has_a_bar_for_each_day_with_sales_and_the_figures_as_a_table) {
    auto euro = Currency::parse("EUR").value();
    auto plot = money_plot({sold("2026-04-30", 150'000), sold("2026-05-02", 10)}, euro,
                           days("2026-05-02T10:00:00Z", 3), texts());
    ASSERT_TRUE(plot);
    ASSERT_EQ(plot->lines.size(), 2u);
    EXPECT_EQ(plot->lines[0].total, "€1,500.10");
    EXPECT_EQ(std::ranges::count(plot->lines[0].bars.value(), 'z'), 2) << "none for a day without sales";
    EXPECT_EQ(plot->lines[1].bars, "") << "no refunds";
    EXPECT_EQ(plot->levels.back().label, "€2,000");
    ASSERT_EQ(plot->plot_rows.size(), 2u);
    EXPECT_EQ(plot->plot_rows[0].from, "30 Apr");
    EXPECT_EQ(plot->plot_rows[1].cells[0].value, "€0.10");
}

TEST(SalesPlot, ends_today_in_its_time_zone) {
    auto zone_days = days("2026-05-02T23:30:00Z", 1, "Europe/Berlin");
    std::vector<SoldDay> both{{"2026-05-02", 2, {}}, {"2026-05-03", 5, {}}};
    auto plot = tickets_plot(both, zone_days, texts());
    ASSERT_TRUE(plot);
    ASSERT_EQ(plot->marks.size(), 1u);
    EXPECT_EQ(plot->marks[0].label, "3 May");
    EXPECT_EQ(plot->lines[0].total, "5");
}

TEST(SalesPlot, has_room_for_the_largest_amounts) {
    auto plot = money_plot({sold("2026-05-02", 9'000'000'000'000'000'000, "KWD")},
                           Currency::parse("KWD").value(), days("2026-05-02T10:00:00Z", 90), texts());
    ASSERT_TRUE(plot);
    for (const auto& level : plot->levels) EXPECT_GE(level.at, 0);
    EXPECT_GT(plot->end, plot_width / 2) << "room for bars";
    EXPECT_LE(plot->marks.size(), 6u);
}

}  // namespace
}  // namespace stagedoor::client
