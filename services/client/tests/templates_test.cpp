#include "services/client/templates.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

struct Line {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Line, (), (text))
struct Frame {
    std::string title;
};
BOOST_DESCRIBE_STRUCT(Frame, (), (title))
struct View {
    std::string name, link;
    std::optional<std::string> note;
    bool shown = false;
    std::int64_t count = 0;
    std::vector<Line> lines;
};
BOOST_DESCRIBE_STRUCT(View, (), (name, link, note, shown, count, lines))

std::string rendered(std::string page, const View& view) {
    std::vector<Asset> assets{
        {"views/layout.html", R"({{%AUTOESCAPE context="HTML"}}<title>{{title}}</title>{{>content}})"},
        {"views/page.html", R"({{%AUTOESCAPE context="HTML"}})" + std::move(page)}};
    return Templates{assets}.render("page.html", Frame{"<T>"}, view);
}

TEST(Templates, escape_values_for_where_they_stand) {
    View view{.name = "</p><script>alert('x')</script> \"&"};
    EXPECT_EQ(rendered("<p title=\"{{name}}\">{{name}}</p>", view),
              "<title>&lt;T&gt;</title><p title=\"&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; "
              "&quot;&amp;\">"
              "&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;</p>");
}

TEST(Templates, let_no_script_into_an_address) {
    for (auto link :
         {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "\tjavascript:alert(1)"}) {
        auto page = rendered("<a href=\"{{link}}\">x</a>", View{.link = link});
        EXPECT_EQ(page.find("javascript"), std::string::npos) << page;
        EXPECT_EQ(page.find("JaVa"), std::string::npos) << page;
        EXPECT_EQ(page.find("data:"), std::string::npos) << page;
    }
    auto page = rendered("<a href=\"{{link}}\">x</a>", View{.link = "/?q=a%20b&sort=-price"});
    EXPECT_NE(page.find("href=\"/?q=a%20b&amp;sort=-price\""), std::string::npos) << page;
}

TEST(Templates, show_sections_by_what_a_view_says) {
    constexpr auto page =
        "{{#shown}}yes{{/shown}}{{#no_shown}}no{{/no_shown}} "
        "{{#note}}[{{note}}]{{/note}}{{#no_note}}-{{/no_note}} "
        "{{count}} {{#has_lines}}({{#lines}}{{text}};{{/lines}}){{/has_lines}}{{#no_lines}}none{{/no_lines}}";
    auto after_title = [](const std::string& text) { return text.substr(text.find("</title>") + 8); };
    EXPECT_EQ(after_title(rendered(page, View{})), "no - 0 none");
    EXPECT_EQ(
        after_title(rendered(page, View{.note = "n", .shown = true, .count = 7, .lines = {{"a"}, {"b"}}})),
        "yes [n] 7 (a;b;)");
}

TEST(Templates, refuse_what_is_not_well_formed) {
    EXPECT_THROW((Templates{{{"views/bad.html", "{{#open}}never closed"}}}), std::runtime_error);
}

TEST(Templates, of_this_program_are_well_formed_and_escape) {
    auto assets = Assets{""}.load();
    EXPECT_NO_THROW(Templates{assets});
    for (const auto& asset : assets) {
        EXPECT_FALSE(asset.content.empty()) << asset.path;
        EXPECT_EQ(asset.version.size(), 16u);
        if (!asset.path.starts_with("views/")) continue;
        EXPECT_TRUE(asset.content.starts_with("{{%AUTOESCAPE context=\"HTML\"}}")) << asset.path;
        EXPECT_EQ(asset.content.find(" style="), std::string::npos)
            << asset.path << ": the policy allows no inline style";
        EXPECT_EQ(asset.content.find(":none"), std::string::npos) << asset.path << ": nothing goes unescaped";
    }
}

}  // namespace
}  // namespace stagedoor::client
