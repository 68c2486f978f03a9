// The texts of a service in all languages, from locales/en.json, de.json, … of its folder:
// {"sign_in.heading": "Sign in", "stock.few": "Only {left, number} left"}.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/language/asset.hpp"
#include "common/language/locale.hpp"
#include "common/language/pattern.hpp"

namespace stagedoor::language {

// Any thread may ask it.
class Catalog {
  public:
    // Takes the files locales/LANGUAGE.json of `assets`. Throws std::runtime_error with everything that is
    // wrong: a missing file, a key that a language lacks or that English doesn't have, a message that can't
    // be parsed, or that has other arguments than in English.
    explicit Catalog(const std::vector<templates::Asset>& assets);

    // Throws std::logic_error for an unknown key.
    [[nodiscard]] std::string text(Language language, std::string_view key, Arguments arguments = {}) const;
    [[nodiscard]] bool has(std::string_view key) const { return texts_.contains(key); }
    // Sorted.
    [[nodiscard]] std::vector<std::string> keys() const;
    // The names of the arguments of a text.
    [[nodiscard]] const std::set<std::string>& arguments(std::string_view key) const;

  private:
    using Translations = std::vector<Pattern>;  // by language
    [[nodiscard]] const Translations& find(std::string_view key) const;

    std::map<std::string, Translations, std::less<>> texts_;
};

// The texts of one language.
class Texts {
  public:
    Texts(const Catalog& catalog, Language language) : catalog_(&catalog), language_(language) {}

    [[nodiscard]] Language language() const { return language_; }
    [[nodiscard]] std::string operator()(std::string_view key) const {
        return catalog_->text(language_, key);
    }
    [[nodiscard]] std::string operator()(std::string_view key,
                                         std::initializer_list<Argument> arguments) const {
        return catalog_->text(language_, key, Arguments{arguments.begin(), arguments.size()});
    }
    [[nodiscard]] std::string operator()(std::string_view key, const std::vector<Argument>& arguments) const {
        return catalog_->text(language_, key, arguments);
    }
    [[nodiscard]] bool has(std::string_view key) const { return catalog_->has(key); }

  private:
    const Catalog* catalog_;
    Language language_;
};

}  // namespace stagedoor::language
