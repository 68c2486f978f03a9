#include "simulation/mutants/publish_before_commit.hpp"

#include <limits>

#include "common/bus/envelope.hpp"
#include "common/messaging/outbox_log.hpp"
#include "common/runtime/mutation.hpp"
#include "common/sql/sqlite/group.hpp"
#include "services/service_names.hpp"

namespace stagedoor::simulation {

void install_publish_before_commit(Marketplace& marketplace) {
    for (const auto& service : service_names()) {
        marketplace.database(service).before_commit =
            [&marketplace, service, last = std::int64_t{0}](sql::sqlite::Connection& connection) mutable {
                if (!runtime::mutated(Mutation::publish_before_commit)) return;
                sql::sqlite::SqliteTx tx{connection, {}, {}};
                if (!tx.find<std::int64_t>("SELECT 1 FROM sqlite_schema WHERE name = 'outbox_stream'"))
                    return;
                for (const auto& [position, event] :
                     outbox::read_after(tx, service, last, std::numeric_limits<int>::max())) {
                    last = position;
                    if (!marketplace.nats.is_up()) continue;
                    auto envelope = bus::to_envelope(event);
                    auto signature = marketplace.event_keys.sign(service, envelope);
                    marketplace.nats.store(event.type, event.id(), envelope, signature);
                }
            };
    }
}

}  // namespace stagedoor::simulation
