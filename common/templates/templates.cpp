#include "common/templates/templates.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <ctemplate/template_modifiers.h>

#include <algorithm>
#include <stdexcept>

#include "common/text/utf8.hpp"

namespace stagedoor::templates {
namespace {

constexpr std::string_view folder = "views/";

bool is_plain(std::string_view name) { return name.ends_with(".txt"); }
ctemplate::Strip strip_of(std::string_view name) {
    return is_plain(name) ? ctemplate::DO_NOT_STRIP : ctemplate::STRIP_BLANK_LINES;
}

ctemplate::TemplateString string_of(std::string_view text) { return {text.data(), text.size()}; }
ctemplate::TemplateString string_of(const Name& name) {
    return ctemplate::StaticTemplateString{{name.text().data(), name.text().size(), name.id()}};
}
ctemplate::TemplateDictionary& dictionary_of(void* dictionary) {
    return *static_cast<ctemplate::TemplateDictionary*>(dictionary);
}

bool is_control(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

bool is_marker(std::string_view line) {
    return (line.starts_with("{{#") || line.starts_with("{{/")) && line.find("}}") == line.size() - 2;
}

// In plain text every line break counts, except those of lines that only open or close a section.
std::string without_marker_lines(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        auto whole = std::min(line.size() + 1, text.size());
        result += is_marker(line) ? line : text.substr(0, whole);
        text.remove_prefix(whole);
    }
    return result;
}

// Without the marker that says how values are escaped: a part is escaped like what includes it.
std::string_view without_pragma(std::string_view text) {
    constexpr std::string_view opening = "{{%", closing = "}}";
    if (text.starts_with(opening)) text.remove_prefix(text.find(closing) + closing.size());
    return text;
}

// The content of an asset with its parts included: {{>lines}} is replaced by lines.html of the same folder.
std::string with_parts(const Asset& asset, const std::vector<Asset>& assets) {
    constexpr std::string_view opening = "{{>", closing = "}}";
    auto own_folder = asset.path.substr(0, asset.path.rfind('/') + 1);
    auto extension = asset.path.substr(asset.path.rfind('.'));
    auto text = asset.content;
    for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, at + 1)) {
        auto name = text.substr(at + opening.size(), text.find(closing, at) - at - opening.size());
        auto part = std::ranges::find(assets, own_folder + name + extension, &Asset::path);
        if (part == assets.end()) continue;  // {{>content}} in a layout
        auto content = without_pragma(part->content);
        if (content.ends_with('\n')) content.remove_suffix(1);
        text.replace(at, opening.size() + name.size() + closing.size(), content);
    }
    return text;
}

std::string html_escaped(std::string_view text) {
    std::string html;
    for (auto c : text) {
        switch (c) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += c;
        }
    }
    return html;
}

// Lines of a paragraph of plain text, as long as mail programs show them.
std::string wrapped(std::string_view text) {
    constexpr std::size_t max_line = 75;
    std::string lines;
    std::size_t line = 0;
    while (!text.empty()) {
        auto word = text.substr(0, text.find(' '));
        auto length = text::code_points(word);
        if (line > 0 && line + 1 + length > max_line) {
            lines += '\n';
            line = 0;
        } else if (line > 0) {
            lines += ' ';
            ++line;
        }
        lines += word;
        line += length;
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    return lines;
}

// Plain text has apostrophes that every terminal shows.
std::string plain_text(std::string text) {
    constexpr std::string_view apostrophe = "\u2019";
    for (auto at = text.find(apostrophe); at != std::string::npos; at = text.find(apostrophe, at))
        text.replace(at, apostrophe.size(), "'");
    return text;
}

// "key|name=piece|name=piece"
struct Marker {
    std::string_view key;
    std::vector<std::pair<std::string_view, std::string_view>> pieces;
};

Marker parse_marker(std::string_view text) {
    Marker marker;
    marker.key = text.substr(0, text.find('|'));
    for (auto at = text.find('|'); at != std::string_view::npos;) {
        text.remove_prefix(at + 1);
        at = text.find('|');
        auto piece = text.substr(0, at);
        auto equals = std::min(piece.find('='), piece.size());
        marker.pieces.emplace_back(piece.substr(0, equals), piece.substr(std::min(equals + 1, piece.size())));
    }
    return marker;
}

// The text of a marker. Its arguments are pieces of template, which are not escaped: they are put in after
// the text has been, in the place of characters that no text has.
std::string text_of(const Marker& marker, const language::Texts& texts, bool plain) {
    std::vector<std::string> places;
    std::vector<language::Argument> arguments;
    places.reserve(marker.pieces.size());
    for (const auto& [name, piece] : marker.pieces) {
        places.push_back("\x01" + std::to_string(places.size()) + "\x01");
        arguments.push_back({name, std::string_view{places.back()}});
    }
    auto text = texts(marker.key, arguments);
    if (text.find("{{") != std::string::npos || text.find("[[") != std::string::npos)
        throw std::logic_error("the text contains template syntax");
    text = plain ? plain_text(std::move(text)) : html_escaped(text);
    for (std::size_t i = 0; i < places.size(); ++i) {
        auto at = text.find(places[i]);
        if (at == std::string::npos)
            throw std::logic_error("the text has no argument " + std::string{marker.pieces[i].first});
        text.replace(at, places[i].size(), marker.pieces[i].second);
    }
    return text;
}

// Replaces the markers, the innermost first.
std::string with_texts(std::string content, const Asset& asset, const language::Texts& texts) {
    constexpr std::string_view opening = "[[", closing = "]]";
    auto plain = is_plain(asset.path);
    for (auto end = content.find(closing); end != std::string::npos; end = content.find(closing)) {
        auto start = content.rfind(opening, end);
        if (start == std::string::npos)
            throw std::runtime_error("the template " + asset.path + " has a ]] without its [[");
        auto inner = content.substr(start + opening.size(), end - start - opening.size());
        try {
            auto text = text_of(parse_marker(inner), texts, plain);
            auto is_paragraph = plain && (start == 0 || content[start - 1] == '\n');
            content.replace(start, end + closing.size() - start, is_paragraph ? wrapped(text) : text);
        } catch (const std::logic_error& error) {
            throw std::runtime_error("the template " + asset.path + " has [[" + inner +
                                     "]]: " + error.what());
        }
    }
    if (content.find(opening) != std::string::npos)
        throw std::runtime_error("the template " + asset.path + " has a [[ without its ]]");
    return content;
}

}  // namespace

Name::Name(std::string text) : text_(std::move(text)), id_(0) {
    ctemplate::StaticTemplateString known{{text_.data(), text_.size(), 0}};
    ctemplate::StaticTemplateStringInitializer{&known};
    id_ = known.do_not_use_directly_.id_;
}

void Fields::set(const Name& name, std::string_view text) {
    if (!plain_ || std::ranges::none_of(text, is_control)) {
        dictionary_of(dictionary_).SetValueWithoutCopy(string_of(name), string_of(text));
        return;
    }
    std::string line{text};
    std::ranges::replace_if(line, is_control, ' ');
    dictionary_of(dictionary_).SetValue(string_of(name), string_of(line));
}
void Fields::set(const Name& name, std::int64_t number) {
    dictionary_of(dictionary_).SetValue(string_of(name), std::to_string(number));
}
void Fields::show(const Name& section) { dictionary_of(dictionary_).ShowSection(string_of(section)); }
Fields Fields::add(const Name& section) {
    return {dictionary_of(dictionary_).AddSectionDictionary(string_of(section)), plain_};
}

struct Templates::Parsed {
    ctemplate::TemplateCache cache;
};

Templates::Templates(const std::vector<Asset>& assets, const language::Texts& texts)
    : parsed_(std::make_unique<Parsed>()) {
    for (const auto& asset : assets) {
        if (!asset.path.starts_with(folder)) continue;
        auto name = std::string_view{asset.path}.substr(folder.size());
        auto content = with_texts(with_parts(asset, assets), asset, texts);
        if (is_plain(name)) content = without_marker_lines(content);
        if (!parsed_->cache.StringToTemplateCache(string_of(name), string_of(content), strip_of(name))) {
            throw std::runtime_error("the template " + asset.path + " is not well-formed");
        }
    }
    parsed_->cache.Freeze();  // needs no lock for reading from here on
}
Templates::~Templates() = default;
Templates::Templates(Templates&&) noexcept = default;
Templates& Templates::operator=(Templates&&) noexcept = default;

Templates::Expansion::Expansion(std::string_view page)
    : name_(std::string{page.substr(0, page.rfind('/') + 1)} + "layout" +
            std::string{page.substr(page.rfind('.'))}) {
    auto* layout = new ctemplate::TemplateDictionary("layout");
    auto* content = layout->AddIncludeDictionary("content");
    content->SetFilename(string_of(page));
    layout_ = layout;
    content_ = content;
}
Templates::Expansion::~Expansion() { delete static_cast<ctemplate::TemplateDictionary*>(layout_); }
Fields Templates::Expansion::layout() const { return {layout_, is_plain(name_)}; }
Fields Templates::Expansion::content() const { return {content_, is_plain(name_)}; }

std::string escape_xml(std::string_view text) { return ctemplate::xml_escape(text.data(), text.size()); }

std::string Templates::expand(const Expansion& expansion) const {
    std::string page;
    page.reserve(32 * 1024);
    const auto& dictionary = dictionary_of(expansion.layout().dictionary());
    const auto& name = expansion.name();
    if (!parsed_->cache.ExpandNoLoad(string_of(name), strip_of(name), &dictionary, nullptr, &page)) {
        throw std::runtime_error("could not render a page with " + name);
    }
    return page;
}

}  // namespace stagedoor::templates
