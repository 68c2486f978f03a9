// Renders emails from the templates in views/mails.
#pragma once

#include <string>

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
};

// Any thread may call it.
class Writer {
  public:
    // `templates` must outlive it.
    // `origin`: scheme and host of links.
    Writer(const templates::Templates& templates, const Settings& settings, std::string origin);

    // Unknown details of a listing are left out. May hold a link's token: never store or log the result.
    [[nodiscard]] RenderedEmail render(const store::ResolvedEmail& email) const;
    // The same, ready to send. The recipient must be known.
    [[nodiscard]] outbound::Email message(const store::ResolvedEmail& email) const;

  private:
    template <class View>
    [[nodiscard]] RenderedEmail render_templates(EmailKind kind, const View& view) const;

    const templates::Templates& templates_;
    std::string origin_, from_, link_secret_;
};

}  // namespace stagedoor::notifications
