#include "common/templates/templates.hpp"

#include <gtest/gtest.h>

namespace stagedoor::templates {
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
    bool visible = false;
    std::int64_t count = 0;
    std::vector<Line> lines;
};
BOOST_DESCRIBE_STRUCT(View, (), (name, link, note, visible, count, lines))

std::string render_html(std::string page, const View& view) {
    std::vector<Asset> assets{
        {"views/layout.html", R"({{%AUTOESCAPE context="HTML"}}<title>{{title}}</title>{{>content}})"},
        {"views/page.html", R"({{%AUTOESCAPE context="HTML"}})" + std::move(page)}};
    return Templates{assets}.render("page.html", Frame{"<T>"}, view);
}

TEST(Templates, escape_values_for_their_context) {
    View view{.name = "</p><script>alert('x')</script> \"&"};
    EXPECT_EQ(render_html("<p title=\"{{name}}\">{{name}}</p>", view),
              "<title>&lt;T&gt;</title><p title=\"&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; "
              "&quot;&amp;\">"
              "&lt;/p&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;</p>");
}

TEST(Templates, allow_no_script_in_a_url) {
    for (auto link :
         {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "\tjavascript:alert(1)"}) {
        auto page = render_html("<a href=\"{{link}}\">x</a>", View{.link = link});
        EXPECT_EQ(page.find("javascript"), std::string::npos) << page;
        EXPECT_EQ(page.find("JaVa"), std::string::npos) << page;
        EXPECT_EQ(page.find("data:"), std::string::npos) << page;
    }
    auto page = render_html("<a href=\"{{link}}\">x</a>", View{.link = "/?q=a%20b&sort=-price"});
    EXPECT_NE(page.find("href=\"/?q=a%20b&amp;sort=-price\""), std::string::npos) << page;
}

TEST(Templates, show_sections_by_the_values_of_the_view) {
    constexpr auto page =
        "{{#visible}}yes{{/visible}}{{#no_visible}}no{{/no_visible}} "
        "{{#note}}[{{note}}]{{/note}}{{#no_note}}-{{/no_note}} "
        "{{count}} {{#has_lines}}({{#lines}}{{text}};{{/lines}}){{/has_lines}}{{#no_lines}}none{{/no_lines}}";
    auto after_title = [](const std::string& text) { return text.substr(text.find("</title>") + 8); };
    EXPECT_EQ(after_title(render_html(page, View{})), "no - 0 none");
    EXPECT_EQ(after_title(
                  render_html(page, View{.note = "n", .visible = true, .count = 7, .lines = {{"a"}, {"b"}}})),
              "yes [n] 7 (a;b;)");
}

std::string render_text(std::string page, const View& view) {
    std::vector<Asset> assets{{"views/notes/layout.txt", "{{>content}}-- \n{{title}}\n"},
                              {"views/notes/page.txt", std::move(page)}};
    return Templates{assets}.render("notes/page.txt", Frame{"<T>"}, view);
}

TEST(Templates, do_not_escape_plain_text) {
    EXPECT_EQ(render_text("{{name}}\n", View{.name = "<b>\"Rock & Pop\"</b>"}),
              "<b>\"Rock & Pop\"</b>\n-- \n<T>\n");
}

TEST(Templates, keep_each_value_in_one_line_of_plain_text) {
    EXPECT_EQ(render_text("Subject: {{name}}\n\n{{#lines}}{{text}}\n{{/lines}}",
                          View{.name = "Bach\r\nBcc: eve@example.com\n\nDear\tall\x7f", .lines = {{"a\nb"}}}),
              "Subject: Bach  Bcc: eve@example.com  Dear all \n\na b\n-- \n<T>\n");
}

TEST(Templates, drop_only_the_lines_of_section_markers_from_plain_text) {
    EXPECT_EQ(render_text("Hello\n\n{{#lines}}\n- {{text}}\n{{/lines}}\n\n{{count}}\n",
                          View{.count = 2, .lines = {{"a"}, {"b"}}}),
              "Hello\n\n- a\n- b\n\n2\n-- \n<T>\n");
}

TEST(Templates, include_parts_from_the_same_folder) {
    std::vector<Asset> assets{{"views/notes/layout.txt", "{{>content}}"},
                              {"views/notes/lines.txt", "{{#lines}}\n- {{text}}\n{{/lines}}\n"},
                              {"views/notes/page.txt", "Hello\n{{>lines}}\n{{>lines}}\nBye\n"}};
    EXPECT_EQ(Templates{assets}.render("notes/page.txt", Frame{}, View{.lines = {{"a"}, {"b"}}}),
              "Hello\n- a\n- b\n- a\n- b\nBye\n");
}

TEST(Templates, reject_a_malformed_template) {
    EXPECT_THROW((Templates{{{"views/bad.html", "{{#open}}never closed"}}}), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::templates
