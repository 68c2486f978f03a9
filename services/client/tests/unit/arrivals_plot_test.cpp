#include "services/client/arrivals_plot.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/client/tests/unit/texts.hpp"

namespace stagedoor::client {
namespace {

Instant on_that_day(std::string_view time) {
    return Instant::parse("2026-05-02T" + std::string{time} + ":00Z").value();
}

DoorArrivals door(std::string name, std::vector<ArrivalCount> arrivals) {
    return {std::move(name), std::move(arrivals)};
}

TEST(ArrivalsPlot, is_left_out_until_somebody_comes) {
    EXPECT_FALSE(plot_of({300, {}}, "UTC", texts()));
    EXPECT_FALSE(plot_of({300, {door("North", {})}}, "UTC", texts()));
    EXPECT_FALSE(plot_of({0, {door("North", {{on_that_day("17:00"), 3}})}}, "UTC", texts()));
}

TEST(ArrivalsPlot, has_a_line_per_door_busiest_first_and_the_figures_as_a_table) {
    auto plot = plot_of({300,
                         {door("North", {{on_that_day("17:00"), 3}, {on_that_day("17:10"), 5}}),
                          door("South", {{on_that_day("17:05"), 40}})}},
                        "Europe/Berlin", texts());
    ASSERT_TRUE(plot);
    EXPECT_EQ(plot->step, "5 minutes");
    ASSERT_EQ(plot->figures.lines.size(), 2u);
    EXPECT_EQ(plot->figures.lines[0].name, "South");
    EXPECT_EQ(plot->figures.lines[0].total, "40");
    EXPECT_EQ(plot->figures.lines[1].total, "8");
    EXPECT_NE(plot->figures.lines[0].tone, plot->figures.lines[1].tone);
    ASSERT_EQ(plot->figures.plot_rows.size(), 3u);
    EXPECT_EQ(plot->figures.plot_rows[0].from, "19:00") << "in the venue's time zone";
    EXPECT_EQ(plot->figures.plot_rows[0].cells[0].value, "0");
    EXPECT_EQ(plot->figures.plot_rows[0].cells[1].value, "3");
    EXPECT_EQ(plot->figures.levels.back().label, "50") << "the next round number above 40";
}

TEST(ArrivalsPlot, stays_inside_its_drawing_for_any_figures) {
    std::vector<DoorArrivals> doors;
    for (int i = 0; i < 12; ++i)
        doors.push_back(door("Door " + std::to_string(i),
                             {{on_that_day("00:00"), i + 1}, {on_that_day("23:55"), 99'999}}));
    auto plot = plot_of({300, doors}, "UTC", texts());
    ASSERT_TRUE(plot);
    EXPECT_EQ(plot->figures.lines.size(), 6u);
    EXPECT_EQ(plot->figures.lines.back().name, "Other doors");
    for (const auto& line : plot->figures.lines) {
        auto points = line.points.value();
        std::ranges::replace(points, ',', ' ');
        std::size_t used = 0;
        for (std::string_view rest{points}; rest.find_first_not_of(' ') != std::string_view::npos;) {
            auto value = std::stol(std::string{rest}, &used);
            EXPECT_GE(value, 0);
            EXPECT_LE(value, plot_width);
            rest.remove_prefix(used);
        }
    }
    EXPECT_LE(plot->figures.marks.size(), 7u);
}

}  // namespace
}  // namespace stagedoor::client
