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

std::string number(std::string_view input) {
    auto value = as_number(input);
    return value.number() ? value.number()->text : "text " + *value.string();
}

TEST(Form, accepts_prices_as_people_type_them) {
    EXPECT_EQ(number("19.99"), "19.99");
    EXPECT_EQ(number("19,99"), "19.99");
    EXPECT_EQ(number("19,9"), "19.9");
    EXPECT_EQ(number("1,250"), "1250");
    EXPECT_EQ(number("1,250.00"), "1250.00");
    EXPECT_EQ(number("1,234,567.8"), "1234567.8");
    EXPECT_EQ(number("007.50"), "7.50");
    EXPECT_EQ(number("0"), "0");
    EXPECT_EQ(number("00"), "0");
    EXPECT_EQ(number("0.50"), "0.50");
}

TEST(Form, passes_anything_else_on_as_text) {
    for (auto input : {"", "free", "-5", "$5", "1e5", "1.2.3", "12,345,6", "1,25,000", ".", ",", "5.", ".5",
                       "0x10", "1,234.5,6", "١٩", "999999999999999999999999999999999"}) {
        EXPECT_EQ(number(input), "text " + std::string{input});
    }
}

TEST(Form, explains_a_price_that_is_not_a_number) {
    Problems problems{{"must be a decimal number such as 19.99", "price"}, {"must not be empty", "title"}};
    auto unchanged = problems;
    explain_price(problems, "price", "1,250.00");
    EXPECT_EQ(problems, unchanged);
    explain_price(problems, "price", "cheap");
    EXPECT_EQ(problems[0].message, "Enter a price, e.g. 19.99");
    EXPECT_EQ(problems[1].message, "must not be empty");
}

TEST(Form, shows_each_problem_at_its_field) {
    Problems problems{
        {"must not be empty", "title"}, {"must be more than 0", "price"}, {"You have 3 unpaid orders", ""}};
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
