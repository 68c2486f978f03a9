#include "services/client/theme.hpp"

#include <cmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace stagedoor::client {
namespace {

constexpr std::string_view style_sheet = "static/stagedoor.css", display_face = "static/display.woff2";
constexpr std::string_view texts = "texts/", markdown = ".md";

void replace_all(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

// Raw HTML in the text, and links that run scripts, are left out (cmark's default).
std::string html_of(const std::string& text) {
    std::unique_ptr<char, decltype(&std::free)> html{
        cmark_markdown_to_html(text.data(), text.size(), CMARK_OPT_DEFAULT), &std::free};
    return html.get();
}

Asset template_of(const Asset& text) {
    auto html = html_of(text.content);
    replace_all(html, "{{", "&#123;&#123;");
    auto name = text.path.substr(texts.size(), text.path.size() - texts.size() - markdown.size());
    replace_all(name, "/", "-");
    return {"views/text-" + name + ".html",
            "{{%AUTOESCAPE context=\"HTML\"}}\n<article class=\"text narrow\">\n" + html + "</article>\n",
            text.version};
}

}  // namespace

std::vector<Asset> with_texts_of(const std::filesystem::path& folder, std::vector<Asset> assets) {
    if (folder.empty()) return assets;
    for (auto& asset : assets) {
        if (!asset.path.starts_with(texts)) continue;
        std::filesystem::path name{asset.path.substr(texts.size())};  // de/help.md
        auto path = folder / name;
        if (!std::filesystem::exists(path)) path = folder / name.filename();
        if (!std::filesystem::exists(path)) continue;
        std::ifstream file{path, std::ios::binary};
        if (!file) throw std::runtime_error("can't read " + path.string());
        asset.content.assign(std::istreambuf_iterator<char>{file}, {});
    }
    return assets;
}

std::vector<Asset> prepared(std::vector<Asset> assets) {
    auto font = std::ranges::find(assets, display_face, &Asset::path);
    auto style = std::ranges::find(assets, style_sheet, &Asset::path);
    if (style != assets.end() && font != assets.end()) {
        replace_all(style->content, "display.woff2", "display.woff2?v=" + font->version);
        auto half = style->version.size() / 2;
        style->version = style->version.substr(half) + font->version.substr(half);
    }
    std::vector<Asset> pages;
    for (const auto& asset : assets)
        if (asset.path.starts_with(texts)) pages.push_back(template_of(asset));
    assets.insert(assets.end(), std::make_move_iterator(pages.begin()), std::make_move_iterator(pages.end()));
    return assets;
}

}  // namespace stagedoor::client
