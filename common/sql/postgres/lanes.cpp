#include "common/sql/postgres/lanes.hpp"

#include <algorithm>

namespace stagedoor::sql::postgres {
namespace {

// A commit costs more than most writes do. So fewer writes than this are not divided among idle writers, and
// while other writers are busy, they wait a moment for more.
constexpr std::size_t worthwhile_group = 16;
constexpr std::chrono::milliseconds max_group_wait{5};

}  // namespace

// FNV-1a. A collision is harmless: the two rows merely wait for each other.
std::int64_t advisory_lock_key(std::string_view schema, std::string_view row) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    auto add = [&](std::string_view text) {
        for (auto c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    };
    add(schema);
    add("/");
    add(row);
    return static_cast<std::int64_t>(hash);
}

PushResult Lanes::push(Write& write) {
    {
        std::lock_guard lock{mutex_};
        if (closed_) return PushResult::closed;
        if (entries_.size() >= limit_) return PushResult::full;
        auto& entry = entries_.emplace_back(std::move(write));
        entry.self = std::prev(entries_.end());
        for (auto row : entry.write.rows) lanes_[row].queue.push_back(&entry);
        if (!make_ready(entry)) return PushResult::accepted;
        if (waits_for_group_ && !is_group_worthwhile()) return PushResult::accepted;
    }
    changed_.notify_one();
    return PushResult::accepted;
}

bool Lanes::can_run(const Entry& entry) {
    return std::ranges::all_of(entry.write.rows, [&](auto row) {
        const auto& lane = lanes_[row];
        return !lane.held && lane.queue.front() == &entry;
    });
}

bool Lanes::make_ready(Entry& entry) {
    if (entry.is_ready || !can_run(entry)) return false;
    entry.is_ready = true;
    ready_.push_back(&entry);
    return true;
}

void Lanes::move_into(std::vector<Write>& group, Entry& entry) {
    for (auto row : entry.write.rows) {
        auto& lane = lanes_[row];
        lane.queue.pop_front();
        lane.held = true;
    }
    group.push_back(std::move(entry.write));
    entries_.erase(entry.self);
}

// Adds the writes that name a row of the group and are first in all their lanes, unless another group holds
// one of their rows.
void Lanes::add_writes_of_same_rows(std::vector<Write>& group) {
    std::unordered_set<std::int64_t> group_rows;
    for (const auto& each : group) group_rows.insert(each.rows.begin(), each.rows.end());
    std::vector<std::int64_t> to_visit{group_rows.begin(), group_rows.end()};
    auto fits = [&](const Entry& entry) {
        return std::ranges::all_of(entry.write.rows, [&](auto row) {
            const auto& lane = lanes_[row];
            return lane.queue.front() == &entry && (!lane.held || group_rows.contains(row));
        });
    };
    while (!to_visit.empty()) {
        auto& lane = lanes_[to_visit.back()];
        if (group.size() >= group_limit_) return;
        if (lane.queue.empty() || !fits(*lane.queue.front())) {
            to_visit.pop_back();
            continue;
        }
        for (auto row : lane.queue.front()->write.rows) {
            if (group_rows.insert(row).second) to_visit.insert(to_visit.begin(), row);
        }
        move_into(group, *lane.queue.front());
    }
}

bool Lanes::is_group_worthwhile() const {
    auto runs_alone = [](const Entry* entry) { return entry->write.rows.empty(); };
    return idle_writers_ == writers_ || ready_.size() >= worthwhile_group || closed_ ||
           std::ranges::any_of(ready_, runs_alone);
}

// Returns when a writer may take what is ready, or everything is drained.
void Lanes::wait_for_work(std::unique_lock<std::mutex>& lock) {
    do {
        changed_.wait(lock, [&] {
            if (ready_.empty()) return closed_ && entries_.empty();
            return !waits_for_group_ || is_group_worthwhile();
        });
        if (ready_.empty() || is_group_worthwhile()) return;
        waits_for_group_ = true;
        changed_.wait_for(lock, max_group_wait, [&] { return ready_.empty() || is_group_worthwhile(); });
        waits_for_group_ = false;
    } while (ready_.empty() && !closed_);
}

std::vector<Write> Lanes::take() {
    std::unique_lock lock{mutex_};
    wait_for_work(lock);
    std::vector<Write> group;
    if (ready_.empty()) return group;
    auto idle = static_cast<std::size_t>(idle_writers_);
    auto share = (ready_.size() + idle - 1) / idle;
    auto max = std::min(std::max(share, worthwhile_group), group_limit_);
    // A write that names no rows runs alone: it might lock rows in a different order than the rest.
    for (auto each = ready_.begin(); each != ready_.end() && group.size() < max;) {
        auto& entry = **each;
        auto runs_alone = entry.write.rows.empty();
        if (runs_alone && !group.empty()) {
            ++each;
            continue;
        }
        each = ready_.erase(each);
        move_into(group, entry);
        if (runs_alone) break;
    }
    add_writes_of_same_rows(group);
    --idle_writers_;
    if (!ready_.empty()) changed_.notify_one();
    return group;
}

void Lanes::finished(const std::vector<Write>& group) {
    std::size_t freed = 0;
    {
        std::lock_guard lock{mutex_};
        ++idle_writers_;
        for (const auto& each : group) {
            for (auto row : each.rows) lanes_[row].held = false;
        }
        for (const auto& each : group) {
            for (auto row : each.rows) {
                auto found = lanes_.find(row);
                if (found == lanes_.end()) continue;
                auto& queue = found->second.queue;
                if (queue.empty()) {
                    lanes_.erase(found);
                } else if (make_ready(*queue.front())) {
                    ++freed;
                }
            }
        }
        if (closed_) freed += 2;  // wakes all writers, so that each checks whether the queue is drained
    }
    if (freed == 1) {
        changed_.notify_one();
    } else if (freed > 1) {
        changed_.notify_all();
    }
}

void Lanes::close() {
    {
        std::lock_guard lock{mutex_};
        closed_ = true;
    }
    changed_.notify_all();
}

bool Lanes::is_closed() {
    std::lock_guard lock{mutex_};
    return closed_;
}

}  // namespace stagedoor::sql::postgres
