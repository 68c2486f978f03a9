#include "common/sql/health.hpp"

#include "common/runtime/log.hpp"

namespace stagedoor::sql {
namespace {

// An idle service makes one small write per probe of its readiness, a busy one none.
constexpr std::chrono::seconds trusted_write_age{5};

}  // namespace

void Health::record_write_failure(const std::string& reason) {
    last_write_failed_ = true;
    log_failure(reason);
}

void Health::record_write_success() {
    wrote_at_ = clock_.monotonic();
    if (last_write_failed_.exchange(false)) log::info("database-recovered", {{"database", name_}});
}

bool Health::must_try_to_write() const {
    auto wrote_at = wrote_at_.load();
    return last_write_failed_ || wrote_at == std::chrono::nanoseconds::min() ||
           clock_.monotonic() - wrote_at >= trusted_write_age;
}

void Health::log_failure(const std::string& reason) {
    std::lock_guard lock{mutex_};
    auto now = clock_.monotonic();
    if (last_logged_at_ && now - *last_logged_at_ < std::chrono::seconds{1}) return;
    last_logged_at_ = now;
    log::error("database-failed", {{"database", name_}, {"reason", reason}});
}

DatabaseMetrics::DatabaseMetrics(runtime::Metrics& metrics, const std::string& name)
    : group_size(metrics.histogram("stagedoor_sql_group_size", "Transactions that shared a commit",
                                   {{"database", name}}, {1, 2, 4, 8, 16, 32, 64})),
      commit_seconds(metrics.histogram("stagedoor_sql_commit_seconds", "Time to make a group durable",
                                       {{"database", name}})),
      queue(metrics.gauge("stagedoor_sql_queue", "Transactions waiting for a database thread",
                          {{"database", name}})),
      reads_timed_out(metrics.counter("stagedoor_sql_reads_timed_out_total",
                                      "Reads that were stopped because they took too long",
                                      {{"database", name}})) {}

ConnectionMetrics::ConnectionMetrics(runtime::Metrics& metrics, const std::string& name)
    : open(metrics.gauge("stagedoor_sql_connections", "Connections to the database",
                         {{"database", name}, {"state", "open"}})),
      busy(metrics.gauge("stagedoor_sql_connections", "Connections to the database",
                         {{"database", name}, {"state", "busy"}})) {}

std::shared_ptr<void> ConnectionMetrics::count_busy() const {
    busy.add(1);
    return {nullptr, [gauge = busy](void*) { gauge.add(-1); }};
}

}  // namespace stagedoor::sql
