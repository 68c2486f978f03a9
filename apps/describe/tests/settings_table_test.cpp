#include "apps/describe/settings_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "apps/describe/files.hpp"

namespace stagedoor::describe {
namespace {

const auto root = std::filesystem::path{__FILE__}.parent_path().parent_path().parent_path().parent_path();

TEST(SettingsTable, that_is_checked_in_is_up_to_date) {
    auto page = read_file(root / "docs" / "operations.md");
    EXPECT_EQ(page, with_settings_table(page))
        << "the table in docs/operations.md is out of date: run build/bin/stagedoor-describe";
}

TEST(SettingsTable, has_every_setting_once) {
    auto table = settings_table();
    auto count = [&](const std::string& text) {
        std::size_t found = 0;
        for (auto at = table.find(text); at != std::string::npos; at = table.find(text, at + 1)) ++found;
        return found;
    };
    for (const auto* variable : {"STAGEDOOR_HOLD_SECONDS", "AUTH_URL", "NATS_REPLICAS", "DATABASE_URL",
                                 "JWT_KEY_SECRET", "MAIL_LINK_SECRET", "ADMISSIONS_SECRET"})
        EXPECT_EQ(count("| `" + std::string{variable} + "` |"), 1U) << variable;
    EXPECT_EQ(count("| generated |"), 3U);
}

TEST(SettingsTable, replaces_what_is_between_the_markers) {
    EXPECT_EQ(with_settings_table("a\n<!-- settings: begin -->\nold\n<!-- settings: end -->\nb\n"),
              "a\n<!-- settings: begin -->\n" + settings_table() + "<!-- settings: end -->\nb\n");
    EXPECT_THROW((void)with_settings_table("no markers"), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::describe
