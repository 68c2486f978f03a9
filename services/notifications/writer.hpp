// Puts a mail into words, by the templates in views/mails.
#pragma once

#include <string>

#include "common/outbound/outbound.hpp"
#include "common/service/settings.hpp"
#include "common/templates/templates.hpp"
#include "services/notifications/mail.hpp"
#include "services/notifications/store/known.hpp"

namespace stagedoor::notifications {

// As they were when the program was built (generated, see common/templates/embed.cmake).
[[nodiscard]] std::vector<templates::Asset> embedded_assets();

struct Written {
    std::string subject, text, html;
};

// Any thread may write.
class Writer {
  public:
    // The templates outlive it.
    Writer(const templates::Templates& templates, const Settings& settings);

    // What is not known of a listing is left out. A link's token is in it: never to be stored or logged.
    [[nodiscard]] Written write(const store::OpenMail& mail) const;
    // The same as it travels. Whom it is for must be known.
    [[nodiscard]] outbound::Email letter(const store::OpenMail& mail) const;

  private:
    template <class View>
    [[nodiscard]] Written render(Kind kind, const View& view) const;

    const templates::Templates& templates_;
    std::string origin_, from_, link_secret_;
};

}  // namespace stagedoor::notifications
