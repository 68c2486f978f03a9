#include "common/sql/postgres/lanes.hpp"

#include <algorithm>

namespace stagedoor::sql::postgres {

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

std::vector<Write> Lanes::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !ready_.empty() || (closed_ && entries_.empty()); });
    std::vector<Write> group;
    if (ready_.empty()) return group;
    auto idle = static_cast<std::size_t>(idle_writers_);
    auto share = (ready_.size() + idle - 1) / idle;
    auto max = std::min(share, group_limit_);
    do {
        auto* entry = ready_.front();
        // A write that names no rows runs alone: it might lock rows in a different order than the rest of a
        // group.
        if (entry->write.rows.empty() && !group.empty()) break;
        ready_.pop_front();
        move_into(group, *entry);
    } while (!group.front().rows.empty() && group.size() < max && !ready_.empty());
    add_writes_of_same_rows(group);
    --idle_writers_;
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
