#include "common/sql/postgres/session.hpp"

#include <algorithm>
#include <thread>

namespace stagedoor::sql::postgres {
namespace {

constexpr std::chrono::milliseconds min_backoff{5}, first_backoff{20}, max_backoff{500};
constexpr std::chrono::milliseconds fail_fast_period{1'000};

}  // namespace

Session::Session(const PostgresOptions& options, Connection::Access access, runtime::Random& random,
                 const ConnectionMetrics* metrics, const std::atomic<bool>& closing)
    : options_(options), access_(access), random_(random), metrics_(metrics), closing_(closing) {}

Session::~Session() {
    try {
        if (connection_ && connection_->is_alive() && access_ == Connection::Access::write)
            commit_markers_->end(*connection_);
    } catch (const std::exception&) {  // delete_stale() deletes the row later
    }
    disconnect();
}

std::string Session::new_label(runtime::Random& random, const std::string& name) {
    return ("stagedoor " + random.hex(8) + " " + name).substr(0, 63);  // PostgreSQL truncates to 63 bytes
}

void Session::connect() {
    auto label = new_label(random_, options_.name);
    connection_ = std::make_unique<Connection>(options_, label, access_);
    commit_markers_.emplace(label);
    if (metrics_) metrics_->open.add(1);
}

void Session::disconnect() {
    if (connection_ && metrics_) metrics_->open.add(-1);
    connection_.reset();
}

void Session::close_read_only() { disconnect(); }

// Exponential backoff with full jitter.
void Session::back_off(int attempts, Time deadline) {
    auto max = std::min(max_backoff, first_backoff * (1 << std::min(attempts, 10)));
    auto wait =
        min_backoff + std::chrono::milliseconds{random_.below(static_cast<std::uint64_t>(max.count()))};
    auto now = std::chrono::steady_clock::now();
    std::this_thread::sleep_until(std::min(now + wait, std::max(now, deadline)));
}

Connection& Session::connection(Time deadline) {
    if (connection_ && connection_->is_alive()) return *connection_;
    disconnect();
    auto now = std::chrono::steady_clock::now();
    // Many transactions may have timed out in the queue: they fail at once rather than after an attempt each.
    if (now >= deadline && now - failed_at_ < fail_fast_period) std::rethrow_exception(failure_);
    for (int attempts = 0;; ++attempts) {
        try {
            connect();
            return *connection_;
        } catch (const DatabaseError&) {
            failed_at_ = std::chrono::steady_clock::now();
            failure_ = std::current_exception();
            if (closing_ || std::chrono::steady_clock::now() >= deadline) throw;
        }
        back_off(attempts, deadline);
    }
}

bool Session::was_committed(Time deadline) {
    auto lost = *commit_markers_;
    for (int attempts = 0;; ++attempts) {
        try {
            return lost.was_committed(connection(deadline));
        } catch (const DatabaseError&) {
            if (closing_ || std::chrono::steady_clock::now() >= deadline) throw;
        }
        back_off(attempts, deadline);
    }
}

std::shared_ptr<void> Session::count_busy() const { return metrics_ ? metrics_->count_busy() : nullptr; }

std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "unknown exception";
    }
}

std::string database_state(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const DatabaseError& thrown) {
        return thrown.state;
    } catch (...) {
        return {};
    }
}

namespace {

template <class E>
bool is(const std::exception_ptr& error) {
    if (!error) return false;
    try {
        std::rethrow_exception(error);
    } catch (const E&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace

bool is_serialization_failure(const std::exception_ptr& error) { return is<SerializationFailure>(error); }
bool was_stopped_too_late(const std::exception_ptr& error) { return is<StoppedTooLate>(error); }

}  // namespace stagedoor::sql::postgres
