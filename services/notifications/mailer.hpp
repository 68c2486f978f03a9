// How letters leave the house: by a mail server, or as files where there is none.
#pragma once

#include <memory>
#include <string>

#include "common/outbound/outbound.hpp"
#include "common/service/settings.hpp"

namespace stagedoor::notifications {

// Any thread may call it.
class Mailer {
  public:
    virtual ~Mailer() = default;

    // Returns when the letter is taken; `id` is the mail's, and a second letter with the same is the same letter.
    // Throws outbound::EmailRejected, or anything else when it is worth another try.
    [[nodiscard]] virtual Task<> deliver(const std::string& id, outbound::Email letter) = 0;
};

// By the server of settings.smtp_url, else files in settings.data/mails. Throws when that folder can't be made.
[[nodiscard]] std::unique_ptr<Mailer> make_mailer(const Settings& settings, outbound::Transport& outbound);

}  // namespace stagedoor::notifications
