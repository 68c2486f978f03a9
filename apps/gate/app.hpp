// What the gate's routes and its worker share.
#pragma once

#include <memory>
#include <mutex>

#include "apps/gate/settings.hpp"
#include "apps/gate/store/store.hpp"
#include "common/outbound/outbound.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/admissions/tokens.hpp"

namespace stagedoor::gate {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          outbound(deps.outbound),
          settings(deps.own<Settings>()),
          tokens(settings.secret),
          shop_loop(deps.clock, {.name = "gate: shop", .max_interval = std::chrono::seconds{3}}) {}

    // The newest door pack; null until the gate has reached the shop for the first time.
    [[nodiscard]] std::shared_ptr<const store::Pack> pack() const {
        std::lock_guard lock{mutex_};
        return pack_;
    }
    void set_pack(store::Pack pack) {
        auto shared = std::make_shared<const store::Pack>(std::move(pack));
        std::lock_guard lock{mutex_};
        pack_ = std::move(shared);
    }
    [[nodiscard]] std::string new_id() { return runtime::new_uuid(random, clock.now()); }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    outbound::Transport& outbound;
    Settings settings;
    admissions::Tokens tokens;
    PollLoop shop_loop;
    // Of the loop alone: when this process fetched the pack, and whether it last reached the shop.
    std::optional<Instant> fetched_at;
    bool was_connected = true;

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const store::Pack> pack_;
};

}  // namespace stagedoor::gate
