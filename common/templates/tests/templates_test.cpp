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

language::Texts no_texts() {
    static const language::Catalog catalog{{{"locales/en.json", "{}"},
                                            {"locales/de.json", "{}"},
                                            {"locales/fr.json", "{}"},
                                            {"locales/es.json", "{}"}}};
    return {catalog, Language::en};
}

// The page's text with these templates' markers replaced by German texts.
std::string with_german_texts(std::string path, std::string page, const View& view = {}) {
    constexpr auto german =
        R"({"plain": "Tom & \"Jerry’s\"", "named": "Hallo {name}, hier ist {link}", "link": "der <Link>",
        "long": "Ein langer Absatz, der in einer Zeile eines Briefes keinen Platz hat und so )"
        R"(umbrochen wird."})";
    language::Catalog catalog{{{"locales/en.json", german},
                               {"locales/de.json", german},
                               {"locales/fr.json", german},
                               {"locales/es.json", german}}};
    auto plain = path.ends_with(".txt");
    std::vector<Asset> assets{
        {plain ? "views/layout.txt" : "views/layout.html",
         plain ? "{{>content}}" : R"({{%AUTOESCAPE context="HTML"}}{{>content}})"},
        {"views/" + path, (plain ? "" : R"({{%AUTOESCAPE context="HTML"}})") + std::move(page)}};
    return Templates{assets, {catalog, Language::de}}.render(path, Frame{}, view);
}

std::string render_html(std::string page, const View& view) {
    std::vector<Asset> assets{
        {"views/layout.html", R"({{%AUTOESCAPE context="HTML"}}<title>{{title}}</title>{{>content}})"},
        {"views/page.html", R"({{%AUTOESCAPE context="HTML"}})" + std::move(page)}};
    return Templates{assets, no_texts()}.render("page.html", Frame{"<T>"}, view);
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
    return Templates{assets, no_texts()}.render("notes/page.txt", Frame{"<T>"}, view);
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
    Templates templates{assets, no_texts()};
    EXPECT_EQ(templates.render("notes/page.txt", Frame{}, View{.lines = {{"a"}, {"b"}}}),
              "Hello\n- a\n- b\n- a\n- b\nBye\n");
}

TEST(Templates, reject_a_malformed_template) {
    EXPECT_THROW((Templates{{{"views/bad.html", "{{#open}}never closed"}}, no_texts()}), std::runtime_error);
}

TEST(Templates, replace_markers_by_texts_and_escape_them) {
    EXPECT_EQ(with_german_texts("page.html", "<p title=\"[[plain]]\">[[plain]]</p>"),
              "<p title=\"Tom &amp; &quot;Jerry’s&quot;\">Tom &amp; &quot;Jerry’s&quot;</p>");
    EXPECT_EQ(with_german_texts("page.txt", "Subject: [[plain]]"), "Subject: Tom & \"Jerry's\"");
}

TEST(Templates, put_pieces_of_template_into_texts) {
    EXPECT_EQ(with_german_texts("page.html",
                                R"(<p>[[named|name=<b>{{name}}</b>|link=<a href="/">[[link]]</a>]]</p>)",
                                View{.name = "<Ada>"}),
              R"(<p>Hallo <b>&lt;Ada&gt;</b>, hier ist <a href="/">der &lt;Link&gt;</a></p>)");
}

TEST(Templates, wrap_paragraphs_of_plain_text) {
    EXPECT_EQ(with_german_texts("page.txt", "[[long]]\n"),
              "Ein langer Absatz, der in einer Zeile eines Briefes keinen Platz hat und so\n"
              "umbrochen wird.\n");
}

TEST(Templates, reject_a_marker_that_no_text_fits) {
    for (auto page :
         {"[[unknown]]", "[[named]]", "[[named|name=x]]", "[[plain|name=x]]", "[[plain", "plain]]"})
        EXPECT_THROW((void)with_german_texts("page.html", page), std::runtime_error) << page;
}

}  // namespace
}  // namespace stagedoor::templates
