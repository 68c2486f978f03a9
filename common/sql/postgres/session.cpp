#include "common/sql/postgres/session.hpp"

#include <algorithm>
#include <thread>

namespace stagedoor::sql::postgres {
namespace {

constexpr std::chrono::milliseconds first_pause{20}, longest_pause{500}, least_pause{5}, tried_lately{1'000};

}  // namespace

Session::Session(const PostgresOptions& options, Connection::Access access, runtime::Random& random,
                 const PoolNumbers* numbers, const std::atomic<bool>& closing)
    : options_(options), access_(access), random_(random), numbers_(numbers), closing_(closing) {}

Session::~Session() {
    try {
        if (connection_ && connection_->is_alive() && access_ == Connection::Access::write)
            marks_->end(*connection_);
    } catch (const std::exception&) {  // tidied up by others, some day
    }
    drop();
}

std::string Session::new_label(runtime::Random& random, const std::string& name) {
    return ("stagedoor " + random.hex(8) + " " + name).substr(0, 63);  // PostgreSQL keeps no more
}

void Session::connect() {
    auto label = new_label(random_, options_.name);
    connection_ = std::make_unique<Connection>(options_, label, access_);
    marks_.emplace(label);
    if (numbers_) numbers_->open.add(1);
}

void Session::drop() {
    if (connection_ && numbers_) numbers_->open.add(-1);
    connection_.reset();
}

// About twice as long each time, none of two programs alike.
void Session::pause(int tries, Time give_up_at) {
    auto longest = std::min(longest_pause, first_pause * (1 << std::min(tries, 10)));
    auto wait =
        least_pause + std::chrono::milliseconds{random_.below(static_cast<std::uint64_t>(longest.count()))};
    auto now = std::chrono::steady_clock::now();
    std::this_thread::sleep_until(std::min(now + wait, std::max(now, give_up_at)));
}

Connection& Session::connection(Time give_up_at) {
    if (connection_ && connection_->is_alive()) return *connection_;
    drop();
    auto now = std::chrono::steady_clock::now();
    // Many may have waited in vain: each finds out at once, not after a try of its own.
    if (now >= give_up_at && now - failed_at_ < tried_lately) throw ConnectionLost(failure_);
    for (int tries = 0;; ++tries) {
        try {
            connect();
            return *connection_;
        } catch (const DatabaseError& error) {
            failed_at_ = std::chrono::steady_clock::now();
            failure_ = error.what();
            if (closing_ || std::chrono::steady_clock::now() >= give_up_at) throw;
        }
        pause(tries, give_up_at);
    }
}

bool Session::was_committed(Time give_up_at) {
    auto lost = *marks_;
    for (int tries = 0;; ++tries) {
        try {
            return lost.was_committed(connection(give_up_at));
        } catch (const DatabaseError&) {
            if (closing_ || std::chrono::steady_clock::now() >= give_up_at) throw;
        }
        pause(tries, give_up_at);
    }
}

std::shared_ptr<void> Session::count_busy() const { return numbers_ ? numbers_->count_busy() : nullptr; }

std::string text_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "not a std::exception";
    }
}

bool is_serialization_failure(const std::exception_ptr& error) {
    if (!error) return false;
    try {
        std::rethrow_exception(error);
    } catch (const SerializationFailure&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace stagedoor::sql::postgres
