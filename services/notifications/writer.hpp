// Renders emails from the templates in views/mails, in the language of the recipient.
#pragma once

#include <string>

#include "common/language/catalog.hpp"
#include "common/outbound/outbound.hpp"
#include "common/templates/templates.hpp"
#include "services/notifications/email.hpp"
#include "services/notifications/settings.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications {

// Compiled in (generated, see cmake/embed.cmake).
[[nodiscard]] std::vector<templates::Asset> embedded_assets();

struct RenderedEmail {
    std::string subject, text, html;
    std::optional<std::string> calendar = {};
    Language language = Language::en;
};

// The templates of emails and pages with their texts, by language.
struct EmailViews {
    explicit EmailViews(const std::vector<templates::Asset>& assets);
    language::Catalog catalog;
    std::vector<templates::Templates> templates;

    [[nodiscard]] const templates::Templates& in(Language language) const {
        return templates.at(index_of(language));
    }
};

// Any thread may call it.
class Writer {
  public:
    // `views` must outlive it.
    // `origin`: scheme and host of links.
    Writer(const EmailViews& views, const Settings& settings, std::string origin, Language default_language);

    // Unknown details of a listing are left out. May hold a link's token: never store or log the result.
    [[nodiscard]] RenderedEmail render(const store::ResolvedEmail& email) const;
    // The same, ready to send. The recipient must be known.
    [[nodiscard]] outbound::Email message(const store::ResolvedEmail& email) const;

  private:
    template <class View>
    [[nodiscard]] RenderedEmail render_templates(EmailKind kind, Language language, const View& view) const;
    [[nodiscard]] Language language_of(const store::ResolvedEmail& email) const;

    const EmailViews& views_;
    Language default_language_;
    std::string origin_, from_, link_secret_;
};

}  // namespace stagedoor::notifications
