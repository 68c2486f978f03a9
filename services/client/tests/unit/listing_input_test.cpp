#include "services/client/listing_input.hpp"

#include <gtest/gtest.h>

#include "common/language/message.hpp"
#include "services/client/tests/unit/texts.hpp"

namespace stagedoor::client {
namespace {

Merge merge(const Values& mine, const std::optional<Values>& base, const Values& theirs) {
    return client::merge(mine, base, theirs, texts());
}

Values fields(std::vector<std::pair<std::string_view, std::string>> changed) {
    Values all{{"title", "Bach"},
               {"venue", "Alte Oper"},
               {"city", ""},
               {"category", "concert"},
               {"startsAt", "2027-10-31T01:30:45.123Z"},
               {"timeZone", "Europe/Vienna"},
               {"price", "19.90"},
               {"currency", "EUR"},
               {"quantity", "10"},
               {"maxPerOrder", "3"},
               {"maxPerBuyer", "6"},
               {"seats", ""},
               {"description", "Two seats\nside by side"},
               {"picture", ""}};
    for (auto& [name, value] : changed) {
        for (auto& [known, stored] : all) {
            if (known == name) stored = value;
        }
    }
    return all;
}
// The form as it was filled, with these inputs changed.
Values sent(const Values& base, std::vector<std::pair<std::string_view, std::string>> changed = {}) {
    auto inputs = inputs_for(base);
    for (auto& [name, value] : changed) {
        std::erase_if(inputs, [&](const auto& input) { return input.first == name; });
        inputs.emplace_back(name, std::move(value));
    }
    return inputs;
}
std::string start_of(const Values& base, std::vector<std::pair<std::string_view, std::string>> changed = {}) {
    auto entry = read_entry(sent(base, std::move(changed)), base);
    return entry.problems.empty() ? value_of(entry.fields, "startsAt")
                                  : language::to_text(entry.problems.front().message);
}

TEST(ListingInput, keeps_what_was_not_changed) {
    const std::pair<const char*, const char*> starts[]{
        {"2027-10-31T01:30:00.000Z", "Europe/Vienna"},  // the second 02:30 of that night
        {"2027-10-31T00:30:00.000Z", "Europe/Vienna"},  // the first
        {"2027-11-07T06:30:00.000Z", "America/New_York"},
        {"2027-06-01T18:00:45.123Z", "Asia/Calcutta"},
        {"2027-04-03T15:15:00.000Z", "Australia/Lord_Howe"},
        {"9999-12-31T23:59:59.999Z", "Pacific/Kiritimati"},
        {"1970-01-01T00:00:00.000Z", "America/New_York"},
        {"2027-06-01T18:00:00.000Z", ""},
        {"2027-06-01T18:00:00.000Z", "nowhere"},
        {"", "Europe/Kiev"}};
    for (const auto& [start, zone] : starts) {
        auto base = fields({{"startsAt", start}, {"timeZone", zone}});
        auto entry = read_entry(sent(base, {{"title", "Mozart"}}), base);
        EXPECT_TRUE(entry.problems.empty()) << start;
        EXPECT_EQ(entry.fields, fields({{"startsAt", start}, {"timeZone", zone}, {"title", "Mozart"}}))
            << start;
    }
}

TEST(ListingInput, keeps_texts_that_a_browser_sends_back_differently) {
    auto base = fields({{"title", "two\nlines "}, {"description", "\n one\r\ntwo \n"}, {"price", "19.90"}});
    Form form{"title=two+lines&description=one%0D%0Atwo&price=19%2C9&currency=EUR"};
    auto entry = read_entry(inputs_of(form), base);
    EXPECT_EQ(entry.fields, base);
    EXPECT_EQ(body_of(entry.fields, base, "3")["price"].number()->text, "19.90");
    EXPECT_EQ(body_of(entry.fields, base, "3")["version"].number()->text, "3");
}

TEST(ListingInput, clears_what_was_emptied) {
    auto base = fields({});
    auto entry = read_entry(sent(base, {{"startsAt", ""}, {"venue", ""}}), base);
    EXPECT_EQ(entry.fields, fields({{"startsAt", ""}, {"venue", ""}}));
    EXPECT_FALSE(body_of(entry.fields, base, "3").find("startsAt"));
}

TEST(ListingInput, reads_a_changed_time) {
    auto base = fields({});
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-11-01T19:30"}}), "2027-11-01T18:30:00.000Z");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-11-01T19:30:15"}}), "2027-11-01T18:30:15.000Z");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-11-01T18:30:00Z"}}), "2027-11-01T18:30:00.000Z");
    // Only the zone, or only which of two: the seconds stay.
    EXPECT_EQ(start_of(base, {{"timeZone", "Asia/Tokyo"}}), "2027-10-30T17:30:45.123Z");
    EXPECT_EQ(start_of(base, {{"startsAtOffset", "+02:00"}}), "2027-10-31T00:30:45.123Z");
}

TEST(ListingInput, asks_which_of_two_hours_is_meant) {
    auto base = fields({{"startsAt", "2027-06-01T18:00:00.000Z"}});
    Values night{{"startsAt", "2027-10-31T02:30"}, {"timeZone", "Europe/Vienna"}};
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-10-31T02:30"}}),
              "02:30 occurs twice on 31 Oct 2027, when the clocks are set back. Choose which one you mean");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-10-31T02:30"}, {"startsAtOffset", "+03:00"}}).substr(0, 12),
              "02:30 occurs");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-10-31T02:30"}, {"startsAtOffset", "+02:00"}}),
              "2027-10-31T00:30:00.000Z");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-10-31T02:30"}, {"startsAtOffset", "+01:00"}}),
              "2027-10-31T01:30:00.000Z");
    EXPECT_EQ(start_of(base, {{"startsAt", "2027-10-31T04:30"}, {"startsAtOffset", "+02:00"}}),
              "2027-10-31T03:30:00.000Z")
        << "the choice of an earlier time";

    auto options = occurrences(night, texts());
    ASSERT_EQ(options.size(), 3U);
    EXPECT_TRUE(options[0].chosen);
    night.emplace_back("startsAtOffset", "+01:00");
    options = occurrences(night, texts());
    EXPECT_FALSE(options[0].chosen);
    EXPECT_TRUE(options[2].chosen);
    EXPECT_EQ(options[2].label, "02:30 CET (UTC+01:00)");
    Values morning{{"startsAt", "2027-10-31T04:30"}, {"timeZone", "Europe/Vienna"}};
    EXPECT_TRUE(occurrences(morning, texts()).empty());
}

TEST(ListingInput, explains_an_hour_that_does_not_exist) {
    EXPECT_EQ(start_of(fields({}), {{"startsAt", "2027-03-28T02:30"}}),
              "02:30 on 28 Mar 2027 doesn’t exist in Europe/Vienna: the clocks are set forward from 02:00 to "
              "03:00");
    EXPECT_EQ(
        start_of(fields({}), {{"startsAt", "2027-03-14T02:30"}, {"timeZone", "America/New_York"}}),
        "02:30 on 14 Mar 2027 doesn’t exist in America/New_York: the clocks are set forward from 02:00 to "
        "03:00");
}

TEST(ListingInput, rejects_what_is_not_a_time) {
    for (auto text : {"2027-05-02T19:30:99", "2027-05-02T19:30:xx", "tomorrow", "2027-02-29T19:30"}) {
        EXPECT_EQ(start_of(fields({}), {{"startsAt", text}}),
                  "Enter a date and a time, e.g. 2027-05-02 19:30")
            << text;
    }
}

TEST(ListingInput, travels_in_the_form) {
    EXPECT_EQ(fields_from(to_text(fields({}))), fields({}));
    for (auto text : {"", "{", "[]", "7"}) EXPECT_FALSE(fields_from(text)) << text;
    EXPECT_EQ(value_of(fields_from(R"({"title":7,"x":"y"})").value(), "title"), "");
}

TEST(ListingInput, merges_with_a_newer_version) {
    auto base = fields({});
    auto theirs = fields({{"venue", "Arena"}, {"quantity", "8"}});
    auto merged = merge(fields({{"title", "Mozart"}, {"quantity", "12"}}), base, theirs);
    EXPECT_EQ(merged.fields, fields({{"title", "Mozart"}, {"venue", "Arena"}, {"quantity", "12"}}));
    EXPECT_FALSE(merged.same);
    ASSERT_EQ(merged.changes.size(), 3U);
    EXPECT_EQ(merged.changes[0].yours, "Mozart");
    EXPECT_EQ(merged.changes[1].theirs, "Arena");
    EXPECT_EQ(merged.changes[1].yours, std::nullopt);
    EXPECT_EQ(merged.changes[2].theirs, "8");
    EXPECT_EQ(merged.changes[2].yours, "12");
    EXPECT_TRUE(merge(base, base, theirs).same) << "nothing was changed here";
    EXPECT_TRUE(merge(fields({{"venue", "Arena"}, {"quantity", "8"}}), base, theirs).same)
        << "the same change";
    EXPECT_TRUE(merge(fields({{"price", "19.9"}}), base, base).same) << "the same amount";
}

TEST(ListingInput, changes_price_and_currency_together) {
    auto theirs = fields({{"price", "2500"}, {"currency", "JPY"}});
    auto merged = merge(fields({{"price", "25"}}), fields({}), theirs);
    EXPECT_EQ(merged.fields, fields({{"price", "25"}, {"currency", "EUR"}}));
    auto moved = fields({{"startsAt", "2027-06-01T18:00:00.000Z"}, {"timeZone", "Asia/Tokyo"}});
    EXPECT_EQ(merge(fields({{"timeZone", "Europe/Kiev"}}), fields({}), moved).fields,
              fields({{"timeZone", "Europe/Kiev"}}));
}

TEST(ListingInput, keeps_everything_without_the_version_it_was_filled_from) {
    auto mine = fields({{"venue", "Big Top"}});
    auto merged = merge(mine, std::nullopt, fields({{"venue", "Small Top"}}));
    EXPECT_EQ(merged.fields, mine);
    ASSERT_EQ(merged.changes.size(), 1U);
    EXPECT_EQ(merged.changes[0].yours, "Big Top");
}

}  // namespace
}  // namespace stagedoor::client
