// How events get from the service that tells them to those that hear them: at least once, those of one entity in order
// as far as the bus can; the inbox sees to the rest.
#pragma once

#include <chrono>
#include <string>

#include "common/events/inbox.hpp"
#include "common/runtime/task.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::bus {

class Bus {
  public:
    virtual ~Bus() = default;

    // Carries what `service` tells in the outbox of its database. All services are made known before start().
    virtual void carry(std::string service, sql::Database& database) = 0;
    // Brings `inbox` what it is interested in.
    virtual void deliver_to(events::Inbox& inbox) = 0;

    virtual void start(const runtime::Executor& executor) = 0;
    // Ends deliveries; what is under way is finished or comes again. Returns when none is left.
    [[nodiscard]] virtual Task<> stop() = 0;

    // False when what others tell can't arrive at present.
    [[nodiscard]] virtual bool connected() const = 0;
};

}  // namespace stagedoor::bus
