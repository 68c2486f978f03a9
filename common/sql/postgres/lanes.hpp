// The queue of waiting writes, which forms groups that share a commit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/sql/bounded_queue.hpp"
#include "common/sql/pending_transaction.hpp"

namespace stagedoor::sql::postgres {

struct Write {
    PendingTransaction transaction;
    std::vector<std::int64_t> rows = {};  // advisory lock keys of its hot rows: sorted, unique
    bool relaxed_durability = false;
    std::chrono::steady_clock::time_point deadline{};
};

// The key of a row's advisory lock: the same in every program.
[[nodiscard]] std::int64_t advisory_lock_key(std::string_view schema, std::string_view row);

// A lane is the queue in front of one hot row: while a group holds the row, the writes that name it wait in
// its lane in order of arrival and form the next group. A write that names several rows waits in all their
// lanes. Thread-safe.
class Lanes {
  public:
    // At most `limit` writes may wait; `writers` threads take groups of at most `group_limit`.
    Lanes(std::size_t limit, std::size_t group_limit, int writers)
        : limit_(limit), group_limit_(group_limit), writers_(writers), idle_writers_(writers) {}

    // Moves from `write` only if it is accepted.
    [[nodiscard]] PushResult push(Write& write);

    // Blocks until a group can run; empty once closed and drained. The caller holds the group's rows until it
    // calls finished().
    [[nodiscard]] std::vector<Write> take();
    void finished(const std::vector<Write>& group);

    // Accepts no more writes; those already queued can still be taken.
    void close();
    [[nodiscard]] bool is_closed();

  private:
    struct Entry;
    using Entries = std::list<Entry>;
    struct Entry {
        Write write;
        Entries::iterator self = {};
        bool is_ready = false;
    };
    struct Lane {
        bool held = false;
        std::deque<Entry*> queue;
    };

    [[nodiscard]] bool is_group_worthwhile() const;
    void wait_for_work(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] bool can_run(const Entry& entry);
    bool make_ready(Entry& entry);
    void move_into(std::vector<Write>& group, Entry& entry);
    void add_writes_of_same_rows(std::vector<Write>& group);

    const std::size_t limit_, group_limit_;
    const int writers_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Entries entries_;
    std::deque<Entry*> ready_;  // first in each of their lanes, none of which is held
    std::unordered_map<std::int64_t, Lane> lanes_;
    int idle_writers_;
    bool waits_for_group_ = false;  // a writer does
    bool closed_ = false;
};

}  // namespace stagedoor::sql::postgres
