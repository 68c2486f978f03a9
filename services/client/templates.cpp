#include "services/client/templates.hpp"

#include <ctemplate/template.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>

#include <stdexcept>

namespace stagedoor::client {
namespace {

constexpr auto strip = ctemplate::STRIP_BLANK_LINES;
constexpr std::string_view folder = "views/";

ctemplate::TemplateString string_of(std::string_view text) { return {text.data(), text.size()}; }
ctemplate::TemplateString string_of(const Name& name) {
    return ctemplate::StaticTemplateString{{name.text().data(), name.text().size(), name.id()}};
}
ctemplate::TemplateDictionary& dictionary_of(void* dictionary) {
    return *static_cast<ctemplate::TemplateDictionary*>(dictionary);
}

}  // namespace

Name::Name(std::string text) : text_(std::move(text)), id_(0) {
    ctemplate::StaticTemplateString known{{text_.data(), text_.size(), 0}};
    ctemplate::StaticTemplateStringInitializer{&known};
    id_ = known.do_not_use_directly_.id_;
}

void Fields::set(const Name& name, std::string_view text) {
    dictionary_of(dictionary_).SetValueWithoutCopy(string_of(name), string_of(text));
}
void Fields::set(const Name& name, std::int64_t number) {
    dictionary_of(dictionary_).SetValue(string_of(name), std::to_string(number));
}
void Fields::show(const Name& section) { dictionary_of(dictionary_).ShowSection(string_of(section)); }
Fields Fields::add(const Name& section) {
    return Fields{dictionary_of(dictionary_).AddSectionDictionary(string_of(section))};
}

struct Templates::Parsed {
    ctemplate::TemplateCache cache;
};

Templates::Templates(const std::vector<Asset>& assets) : parsed_(std::make_unique<Parsed>()) {
    for (const auto& asset : assets) {
        if (!asset.path.starts_with(folder)) continue;
        auto name = std::string_view{asset.path}.substr(folder.size());
        if (!parsed_->cache.StringToTemplateCache(string_of(name), string_of(asset.content), strip)) {
            throw std::runtime_error("the template " + asset.path + " is not well-formed");
        }
    }
    parsed_->cache.Freeze();  // read without a lock from here on
}
Templates::~Templates() = default;
Templates::Templates(Templates&&) noexcept = default;
Templates& Templates::operator=(Templates&&) noexcept = default;

Templates::Expansion::Expansion(std::string_view page) {
    auto* layout = new ctemplate::TemplateDictionary("layout");
    auto* content = layout->AddIncludeDictionary("content");
    content->SetFilename(string_of(page));
    layout_ = layout;
    content_ = content;
}
Templates::Expansion::~Expansion() { delete static_cast<ctemplate::TemplateDictionary*>(layout_); }
Fields Templates::Expansion::layout() const { return Fields{layout_}; }
Fields Templates::Expansion::content() const { return Fields{content_}; }

std::string Templates::expand(const Expansion& expansion) const {
    std::string page;
    page.reserve(32 * 1024);
    const auto& dictionary = dictionary_of(expansion.layout().dictionary());
    if (!parsed_->cache.ExpandNoLoad("layout.html", strip, &dictionary, nullptr, &page)) {
        throw std::runtime_error("a page could not be expanded");
    }
    return page;
}

}  // namespace stagedoor::client
