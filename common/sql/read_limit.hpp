// How long a read may run. Shared by all drivers.
//
// Every read starts in the quick lane, where it may run for a moment only. One that takes longer is stopped
// and starts again in the slow lane, which has fewer readers: so any number of slow reads delays other slow
// reads, but none of the quick ones. A statement that was slow lately sends its read there at once.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/sql/tx.hpp"

namespace stagedoor::sql {

enum class ReadLane { quick, slow };

// The time since any moment.
using ReadClock = std::function<std::chrono::nanoseconds()>;

// The read has run for longer than its lane allows and is stopped. Not for callers: the read starts again in
// the slow lane, or its caller gets Unavailable.
struct ReadTooSlow : DatabaseError {
    using DatabaseError::DatabaseError;
};

// The statements that were slow lately. Any thread.
class SlowStatements {
  public:
    [[nodiscard]] bool contains(std::string_view statement, std::chrono::nanoseconds now);
    void add(std::string_view statement, std::chrono::nanoseconds now);
    // It was quick again: only the machine was slow.
    void remove(std::string_view statement);

  private:
    std::mutex mutex_;
    std::map<std::string, std::chrono::nanoseconds, std::less<>> until_;
};

// The limit of one run of a read; for one thread.
class ReadLimit {
  public:
    ReadLimit(SlowStatements& slow, const ReadClock& now, ReadLane lane, std::chrono::milliseconds max_time)
        : slow_(slow),
          now_(now),
          lane_(lane),
          max_time_(max_time),
          started_(now()),
          statement_started_(started_) {}

    // To be called when the read begins: waiting for a connection doesn't count.
    void begin() {
        statement_started_ = started_ = now_();
        exceeded_ = false;
    }
    // To be called before each statement. Throws ReadTooSlow.
    void start_statement(std::string_view statement);
    // To be called when the running statement was stopped. Throws ReadTooSlow.
    [[noreturn]] void exceed();
    // To be called when the read has ended.
    void end() { end_statement(now_()); }

    [[nodiscard]] bool is_over() const { return elapsed() >= max_time_; }
    // Also if the read itself caught the exception.
    [[nodiscard]] bool was_exceeded() const { return exceeded_; }
    [[nodiscard]] std::chrono::milliseconds max_time() const { return max_time_; }
    [[nodiscard]] std::chrono::nanoseconds elapsed() const { return now_() - started_; }
    [[nodiscard]] const std::string& slowest_statement() const { return slowest_; }

  private:
    void end_statement(std::chrono::nanoseconds now);

    SlowStatements& slow_;
    const ReadClock& now_;
    const ReadLane lane_;
    const std::chrono::milliseconds max_time_;
    std::chrono::nanoseconds started_, statement_started_, slowest_time_{-1};
    std::string statement_, slowest_;
    bool exceeded_ = false;
};

}  // namespace stagedoor::sql
