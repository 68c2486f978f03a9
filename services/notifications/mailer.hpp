// Sends emails through a mail server, or writes them to files if none is configured.
#pragma once

#include <memory>
#include <string>

#include "common/outbound/outbound.hpp"
#include "common/runtime/clock.hpp"
#include "common/service/program_settings.hpp"
#include "services/notifications/settings.hpp"

namespace stagedoor::notifications {

// Any thread may call it.
class Mailer {
  public:
    virtual ~Mailer() = default;

    // Whether emails arrive at their addresses, so that unconfirmed ones get links and nothing else.
    [[nodiscard]] virtual bool reaches_people() const = 0;

    // Returns the server's reply, if there is a server, when the email is accepted. `id`: delivering the same
    // id again repeats that email. Throws outbound::EmailRejected, or anything else for a failure that is
    // worth a retry.
    [[nodiscard]] virtual Task<std::string> deliver(const std::string& id, outbound::Email email) = 0;
};

// Uses the server at settings.smtp_url, which it greets by the name in program.public_url, else an mbox file
// per day (UTC) in the folder program.data/mails. Throws if that folder can't be created.
[[nodiscard]] std::unique_ptr<Mailer> make_mailer(const Settings& settings, const ProgramSettings& program,
                                                  outbound::Transport& outbound, runtime::Clock& clock);

}  // namespace stagedoor::notifications
