#include "common/sql/health.hpp"

#include "common/runtime/log.hpp"

namespace stagedoor::sql {

void Health::writes_fail(const std::string& reason) {
    writes_fail_ = true;
    complain(reason);
}

void Health::writes_work() {
    if (writes_fail_.exchange(false)) log::info("database-recovered", {{"database", name_}});
}

void Health::complain(const std::string& reason) {
    std::lock_guard lock{mutex_};
    auto now = clock_.monotonic();
    if (last_complaint_ && now - *last_complaint_ < std::chrono::seconds{1}) return;
    last_complaint_ = now;
    log::error("database-failed", {{"database", name_}, {"reason", reason}});
}

Numbers::Numbers(runtime::Metrics& metrics, const std::string& name)
    : group_size(metrics.histogram("stagedoor_sql_group_size", "Transactions that shared a commit",
                                   {{"database", name}}, {1, 2, 4, 8, 16, 32, 64})),
      commit_seconds(metrics.histogram("stagedoor_sql_commit_seconds", "Time to make a group durable",
                                       {{"database", name}})),
      queue(metrics.gauge("stagedoor_sql_queue", "Transactions that wait for a database thread",
                          {{"database", name}})) {}

PoolNumbers::PoolNumbers(runtime::Metrics& metrics, const std::string& name)
    : open(metrics.gauge("stagedoor_sql_connections", "Connections to the database",
                         {{"database", name}, {"state", "open"}})),
      busy(metrics.gauge("stagedoor_sql_connections", "Connections to the database",
                         {{"database", name}, {"state", "busy"}})) {}

std::shared_ptr<void> PoolNumbers::count_busy() const {
    busy.add(1);
    return {nullptr, [number = busy](void*) { number.add(-1); }};
}

}  // namespace stagedoor::sql
