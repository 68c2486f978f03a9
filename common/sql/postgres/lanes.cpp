#include "common/sql/postgres/lanes.hpp"

#include <algorithm>

namespace stagedoor::sql::postgres {

// FNV-1a. Two rows of one number only wait for each other.
std::int64_t row_number(std::string_view schema, std::string_view row) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    auto add = [&](std::string_view text) {
        for (auto c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    };
    add(schema);
    add("/");
    add(row);
    return static_cast<std::int64_t>(hash);
}

Push Lanes::push(Write& write) {
    {
        std::lock_guard lock{mutex_};
        if (closed_) return Push::closed;
        if (entries_.size() >= limit_) return Push::full;
        auto& entry = entries_.emplace_back(std::move(write));
        entry.self = std::prev(entries_.end());
        for (auto row : entry.write.rows) lanes_[row].queue.push_back(&entry);
        if (!make_ready(entry)) return Push::taken;
    }
    changed_.notify_one();
    return Push::taken;
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

void Lanes::take_into(std::vector<Write>& group, Entry& entry) {
    for (auto row : entry.write.rows) {
        auto& lane = lanes_[row];
        lane.queue.pop_front();
        lane.held = true;
    }
    group.push_back(std::move(entry.write));
    entries_.erase(entry.self);
}

// Those who want rows that the group has, and no others that somebody else has or wants first.
void Lanes::take_along(std::vector<Write>& group) {
    std::unordered_set<std::int64_t> ours;
    for (const auto& each : group) ours.insert(each.rows.begin(), each.rows.end());
    std::vector<std::int64_t> to_look_at{ours.begin(), ours.end()};
    auto fits = [&](const Entry& entry) {
        return std::ranges::all_of(entry.write.rows, [&](auto row) {
            const auto& lane = lanes_[row];
            return lane.queue.front() == &entry && (!lane.held || ours.contains(row));
        });
    };
    while (!to_look_at.empty()) {
        auto& lane = lanes_[to_look_at.back()];
        if (group.size() >= group_limit_) return;
        if (lane.queue.empty() || !fits(*lane.queue.front())) {
            to_look_at.pop_back();
            continue;
        }
        for (auto row : lane.queue.front()->write.rows) {
            if (ours.insert(row).second) to_look_at.insert(to_look_at.begin(), row);
        }
        take_into(group, *lane.queue.front());
    }
}

std::vector<Write> Lanes::take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !ready_.empty() || (closed_ && entries_.empty()); });
    std::vector<Write> group;
    if (ready_.empty()) return group;
    auto share = (ready_.size() + static_cast<std::size_t>(idle_) - 1) / static_cast<std::size_t>(idle_);
    auto most = std::min(share, group_limit_);
    do {
        auto* entry = ready_.front();
        // What names no rows might lock them in another order than others of the group do: it runs alone.
        if (entry->write.rows.empty() && !group.empty()) break;
        ready_.pop_front();
        take_into(group, *entry);
    } while (!group.front().rows.empty() && group.size() < most && !ready_.empty());
    take_along(group);
    --idle_;
    return group;
}

void Lanes::finished(const std::vector<Write>& group) {
    std::size_t freed = 0;
    {
        std::lock_guard lock{mutex_};
        ++idle_;
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
        if (closed_) freed += 2;  // whoever waits looks whether all is done
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
