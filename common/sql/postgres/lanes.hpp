// What waits to write, formed into groups. Rows that many want have a lane each: while a group holds a row, those
// who name it gather in its lane, in the order in which they came, and become the next group.
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
    PendingTransaction waiting;
    std::vector<std::int64_t> rows = {};  // hashes of those it named, sorted, none twice
    bool relaxed_durability = false;
    std::chrono::steady_clock::time_point give_up_at{};
};

// The row's number among PostgreSQL's advisory locks: the same in every program.
[[nodiscard]] std::int64_t row_number(std::string_view schema, std::string_view row);

class Lanes {
  public:
    // `writers` take groups of at most `group_limit`.
    Lanes(std::size_t limit, std::size_t group_limit, int writers)
        : limit_(limit), group_limit_(group_limit), idle_(writers) {}

    // `write` is moved from only when it was taken.
    [[nodiscard]] Push push(Write& write);

    // Waits until there is something that can run. Empty when closed and drained. Its rows are the caller's
    // until it says finished().
    [[nodiscard]] std::vector<Write> take();
    void finished(const std::vector<Write>& group);

    // What was taken on is still handed out.
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

    [[nodiscard]] bool can_run(const Entry& entry);
    bool make_ready(Entry& entry);
    void take_into(std::vector<Write>& group, Entry& entry);
    void take_along(std::vector<Write>& group);

    const std::size_t limit_, group_limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Entries entries_;
    std::deque<Entry*> ready_;  // first in each of their lanes, which nobody holds
    std::unordered_map<std::int64_t, Lane> lanes_;
    int idle_;  // writers without a group
    bool closed_ = false;
};

}  // namespace stagedoor::sql::postgres
