#include "services/client/form.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

TEST(Form, parses_a_submitted_form) {
    Form form{"title=Caf%C3%A9+del+Mar&price=+19.99%20&ticket=a&ticket=b&password=+secret+"};
    EXPECT_EQ(form["title"], "Café del Mar");
    EXPECT_EQ(form["price"], "19.99");
    EXPECT_EQ(form["missing"], "");
    EXPECT_EQ(form.all("ticket"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(form.raw("password"), " secret ");
    EXPECT_THROW(Form{"title=%zz"}, Invalid);
}

TEST(Form, shows_each_problem_at_its_field) {
    Problems problems{{"must not be empty"_text, "title"},
                      {"must be more than 0"_text, "price"},
                      {"You have 3 unpaid orders"_text, ""}};
    EXPECT_EQ(field("x", "title", problems).error, "Title must not be empty");
    EXPECT_EQ(field("x", "venue", problems).error, std::nullopt);
    auto all = summary(problems, {"title"});
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].field, "title");
    EXPECT_EQ(all[1].field, std::nullopt) << "no such input";
    EXPECT_EQ(all[2].text, "You have 3 unpaid orders");
}

}  // namespace
}  // namespace stagedoor::client
