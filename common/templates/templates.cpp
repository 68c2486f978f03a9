#include "common/templates/templates.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <ctemplate/template_modifiers.h>

#include <algorithm>
#include <stdexcept>

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

Templates::Templates(const std::vector<Asset>& assets) : parsed_(std::make_unique<Parsed>()) {
    for (const auto& asset : assets) {
        if (!asset.path.starts_with(folder)) continue;
        auto name = std::string_view{asset.path}.substr(folder.size());
        auto content = with_parts(asset, assets);
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
