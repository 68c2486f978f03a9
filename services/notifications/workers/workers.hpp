// What notifications does by itself, in the background.
#pragma once

#include "services/notifications/app.hpp"

namespace stagedoor::notifications::workers {

// Sends what is due. Any number of copies may do so at once: each mail is leased by one of them.
Task<> deliver_mails(App& app, StopSignal& stopping);

}  // namespace stagedoor::notifications::workers
