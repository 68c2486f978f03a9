#include <gtest/gtest.h>

#include "services/client/app.hpp"

namespace stagedoor::client {
namespace {

TEST(Views, are_well_formed_and_escape) {
    auto assets = Assets{embedded_assets(), ""}.load();
    EXPECT_NO_THROW(Theme{assets});
    for (const auto& asset : assets) {
        EXPECT_FALSE(asset.content.empty()) << asset.path;
        EXPECT_EQ(asset.version.size(), 16u);
        if (!asset.path.starts_with("views/")) continue;
        EXPECT_TRUE(asset.content.starts_with("{{%AUTOESCAPE context=\"HTML\"}}")) << asset.path;
        EXPECT_EQ(asset.content.find(" style="), std::string::npos)
            << asset.path << ": the policy forbids inline styles";
        EXPECT_EQ(asset.content.find(":none"), std::string::npos) << asset.path << ": every value is escaped";
    }
}

}  // namespace
}  // namespace stagedoor::client
