#include "services/tickets/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::tickets {
namespace {

struct TicketsSettings : testing::SettingsTest {
    TicketsSettings() : SettingsTest({{"tickets", settings_group()}}) {}
};

constexpr auto bucket = "https://s3.eu-central-1.amazonaws.com/pictures";

TEST_F(TicketsSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

TEST_F(TicketsSettings, keep_pictures_in_a_folder_or_in_a_bucket) {
    EXPECT_EQ(problems({"--pictures-s3-url", bucket}),
              (std::vector<std::string>{"--pictures-s3-access-key is missing",
                                        "STAGEDOOR_PICTURES_S3_SECRET_KEY is missing"}));
    testing::Environment keys{
        {{"STAGEDOOR_PICTURES_S3_ACCESS_KEY", "AKIA"}, {"STAGEDOOR_PICTURES_S3_SECRET_KEY", "s3cret"}}};
    auto own = std::any_cast<Settings>(valid({"--pictures-s3-url", bucket}).services.at("tickets"));
    EXPECT_EQ(own.pictures_s3_url, bucket);
    EXPECT_EQ(own.pictures_s3_region, "us-east-1");
    EXPECT_EQ(problem({"--pictures-s3-url", bucket, "--pictures-folder", "pictures"}),
              "--pictures-folder and --pictures-s3-url are both set: pictures are kept in one place");
    EXPECT_EQ(problem({}), "--pictures-s3-url is missing: there are keys for it");
}

TEST_F(TicketsSettings, name_a_bucket_that_can_be_one) {
    EXPECT_NE(problem({"--pictures-s3-url", "s3://pictures"}), "");
    EXPECT_NE(problem({"--pictures-s3-url", "https://s3.eu-central-1.amazonaws.com"}), "");
    EXPECT_NE(problem({"--pictures-s3-region", "Frankfurt am Main"}), "");
    EXPECT_NE(problem({"--pictures-s3-access-key", "a key"}), "");
}

}  // namespace
}  // namespace stagedoor::tickets
