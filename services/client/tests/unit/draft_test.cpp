#include "services/client/draft.hpp"

#include <gtest/gtest.h>

#include "services/client/app.hpp"

namespace stagedoor::client {
namespace {

TEST(Draft, keeps_the_input_and_the_errors) {
    Form form{"title=Caf%C3%A9&ticket=a&ticket=b&password=x&currentPassword=x&newPassword=x&token=x"};
    auto draft = make_draft(form, {}, 400, {{"must not be empty"_text, "title"}, {"Too late"_text, ""}});
    EXPECT_EQ(draft.form().pairs(), (http::Pairs{{"title", "Café"}, {"ticket", "a"}, {"ticket", "b"}}));
    EXPECT_EQ(draft.problems(), (Problems{{Message::as_is("Title must not be empty"), "title"},
                                          {Message::as_is("Too late"), ""}}));
    EXPECT_EQ(make_draft(form, {"token"}, 402, {}).form()["token"], "x") << "the name of a test card";
}

// Every password input of a page has a name that is never kept.
TEST(Draft, knows_every_password) {
    for (const auto& asset : Assets{embedded_assets(), ""}.load()) {
        std::string_view rest{asset.content};
        for (auto at = rest.find("<input"); at != std::string_view::npos; at = rest.find("<input", at + 1)) {
            auto tag = rest.substr(at, rest.find('>', at) - at);
            if (tag.find("type=\"password\"") == std::string_view::npos) continue;
            auto name = tag.substr(tag.find("name=\"") + 6);
            EXPECT_TRUE(is_secret_input(name.substr(0, name.find('"')))) << tag;
        }
    }
}

}  // namespace
}  // namespace stagedoor::client
