// Renders a view, a plain described struct, as HTML or plain text. The only place that knows the template
// language (ctemplate). In HTML every value is escaped for its context (text, attribute, URL) by the
// templates' AUTOESCAPE. In plain text (.txt) nothing is escaped, but control characters in a value become
// spaces, so that no value can pass for a header or another line of an email.
//
// How a template sees the members of its view:
//   std::string, whole number     {{name}}
//   bool                          {{#name}}…{{/name}} if true, {{#no_name}}…{{/no_name}} if false
//   std::optional<std::string>    the section name with the value {{name}} in it, or the section no_name
//   std::optional<View>, View     the section name with that view's members in it (or no_name)
//   std::vector<View>             the section name once per element; has_name or no_name around them
// A section also sees the members outside it, so each name must have one meaning per page.
//
// Texts are markers, replaced when the templates are read, which gives a parsed set for each language:
//   [[sign_in.heading]]                                          the text with that key, escaped
//   [[account.who|email=<b>{{my_email}}</b>]]                    its argument {email} is that template
//   [[sign_in.new|link=<a href="/">[[sign_in.create]]</a>]]      which may contain markers
//
// {{>lines}} includes lines.html (lines.txt) from the template's folder; {{>content}} in a layout includes
// the page.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/described.hpp"
#include "common/language/catalog.hpp"
#include "common/templates/assets.hpp"

namespace stagedoor::templates {

// A name in a template. The constructor hashes it and registers it with ctemplate, so there is one per member
// of a view, created once and never destroyed, since dictionaries point to it.
class Name {
  public:
    explicit Name(std::string text);
    Name(const Name&) = delete;
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::uint64_t id() const { return id_; }

  private:
    std::string text_;
    std::uint64_t id_;
};

// The names of a member: of its value, and of the sections for when it has none or some.
struct MemberNames {
    explicit MemberNames(const std::string& name) : value(name), none("no_" + name), some("has_" + name) {}
    Name value, none, some;
};

// A dictionary that receives a view's members; valid during the expansion of one page.
class Fields {
  public:
    Fields(void* dictionary, bool plain) : dictionary_(dictionary), plain_(plain) {}

    // The text must outlive the expansion.
    void set(const Name& name, std::string_view text);
    void set(const Name& name, std::int64_t number);
    void show(const Name& section);
    [[nodiscard]] Fields add(const Name& section);
    [[nodiscard]] void* dictionary() const { return dictionary_; }

  private:
    void* dictionary_;
    bool plain_;  // for plain text
};

template <class View>
void fill(Fields fields, const View& view);

template <class T>
void fill_member(Fields fields, const MemberNames& names, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        fields.show(value ? names.value : names.none);
    } else if constexpr (std::integral<T>) {
        fields.set(names.value, static_cast<std::int64_t>(value));
    } else if constexpr (std::same_as<T, std::string>) {
        fields.set(names.value, std::string_view{value});
    } else if constexpr (std::same_as<T, std::optional<std::string>>) {
        if (value) fields.set(names.value, std::string_view{*value});
        fields.show(value ? names.value : names.none);
    } else if constexpr (json::is_a<std::optional, T>) {
        if (value)
            fill(fields.add(names.value), *value);
        else
            fields.show(names.none);
    } else if constexpr (json::is_a<std::vector, T>) {
        for (const auto& each : value) fill(fields.add(names.value), each);
        fields.show(value.empty() ? names.none : names.some);
    } else {
        fill(fields.add(names.value), value);
    }
}

template <class View>
void fill(Fields fields, const View& view) {
    boost::mp11::mp_for_each<json::Members<View>>([&](auto D) {
        static const auto& names = *new MemberNames{D.name};
        fill_member(fields, names, view.*D.pointer);
    });
}

// Parsed templates. Any thread may render.
class Templates {
  public:
    // Throws std::runtime_error if a template is not well-formed, or there is no text for a marker.
    Templates(const std::vector<Asset>& assets, const language::Texts& texts);
    ~Templates();
    Templates(Templates&&) noexcept;
    Templates& operator=(Templates&&) noexcept;

    // Renders a page ("landing.html", "mails/sold.txt") in the layout of its folder (layout.html,
    // mails/layout.txt).
    template <class Frame, class View>
    [[nodiscard]] std::string render(std::string_view page, const Frame& frame, const View& view) const {
        Expansion expansion{page};
        fill(expansion.layout(), frame);
        fill(expansion.content(), view);
        return expand(expansion);
    }

  private:
    class Expansion {
      public:
        explicit Expansion(std::string_view page);
        ~Expansion();
        Expansion(const Expansion&) = delete;
        [[nodiscard]] const std::string& name() const { return name_; }
        [[nodiscard]] Fields layout() const;
        [[nodiscard]] Fields content() const;

      private:
        std::string name_;  // of the layout
        void* layout_;
        void* content_;
    };
    [[nodiscard]] std::string expand(const Expansion& expansion) const;

    struct Parsed;
    std::unique_ptr<Parsed> parsed_;
};

// For texts that no template renders: the content of an XML element or attribute.
[[nodiscard]] std::string escape_xml(std::string_view text);

}  // namespace stagedoor::templates
