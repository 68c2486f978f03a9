#include "common/messaging/history_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/messaging/outbox_log.hpp"

namespace stagedoor::outbox {
namespace {

constexpr int max_segments_read = 100, max_events_read = 1000;

class Checker {
  public:
    Checker(std::string service, sql::Database& db, history::Storage* storage)
        : service_(std::move(service)), db_(db), storage_(storage) {}

    Task<HistoryCheck> run(const std::function<void(const SegmentRow&)>& progress) {
        try {
            for (auto next = co_await next_segments(); !next.empty(); next = co_await next_segments()) {
                for (auto& each : next) {
                    co_await check_segment(each);
                    progress(each);
                    last_ = std::move(each);
                }
            }
            co_await count_outbox();
            if (storage_) co_await find_leftover();
        } catch (const history::SegmentError& error) {
            result_.problem = error.what();
        }
        co_return std::move(result_);
    }

  private:
    [[nodiscard]] Task<std::vector<SegmentRow>> next_segments() {
        auto after = last_ ? last_->number : 0;
        co_return co_await db_.read(
            [after](sql::Tx& tx) { return segments_after(tx, after, max_segments_read); });
    }

    Task<> check_segment(const SegmentRow& row) {
        auto expected = last_ ? last_->number + 1 : 1;
        if (row.number != expected)
            throw history::SegmentError(
                fmt::format("{}: segment {} is not in the database's list", service_, expected));
        if (!storage_)
            throw history::SegmentError(row.name + " can't be read: no folder for segments is set");
        history::Segment segment;
        try {
            co_await storage_->run([&] { segment = read_segment(*storage_, row); });
        } catch (const std::runtime_error& unreadable) {  // other services' segments are still checked
            throw history::SegmentError(unreadable.what());
        }
        const auto& header = segment.header;
        auto wrong = [&](std::string_view what) {
            throw history::SegmentError(fmt::format("{} {}", row.name, what));
        };
        if (header.service != service_) wrong("belongs to " + header.service);
        if (header.number != row.number) wrong(fmt::format("is segment {}", header.number));
        if (header.previous != (last_ ? last_->digest : "")) wrong("does not follow the segment before it");
        if (last_ && header.first_position <= last_->last_position) wrong("overlaps the segment before it");
        if (header.first_position != row.first_position || header.last_position != row.last_position ||
            header.events != row.events)
            wrong("has other events than the database's list says");
        co_await check_remaining_rows(row, segment);
        ++result_.segments;
        result_.events_in_segments += header.events;
        files_.insert(row.name);
    }

    // Rows that have not left the outbox yet must be the same events.
    Task<> check_remaining_rows(const SegmentRow& row, const history::Segment& segment) {
        for (auto after = row.first_position - 1; after < row.last_position;) {
            auto rows = co_await read_rows(after);
            if (rows.empty()) break;
            for (const auto& each : rows) {
                auto same =
                    std::ranges::lower_bound(segment.entries, each.position, {}, &history::Entry::position);
                if (same != segment.entries.end() && same->position == each.position && !(*same == each))
                    throw history::SegmentError(fmt::format(
                        "{} and the outbox have different events at position {}", row.name, each.position));
            }
            after = rows.back().position;
        }
    }

    Task<> count_outbox() {
        for (auto after = last_ ? last_->last_position : 0;;) {
            auto rows = co_await read_rows(after);
            if (rows.empty()) break;
            result_.events_in_outbox += static_cast<std::int64_t>(rows.size());
            after = rows.back().position;
        }
    }

    // A file with the number of a registered segment can never be registered; one with a later number may be
    // a segment that is being written right now.
    Task<> find_leftover() {
        std::vector<std::string> files;
        co_await storage_->run([&] { files = storage_->list(service_); });
        auto newest = last_ ? last_->number : 0;
        for (auto& file : files) {
            auto number = history::number_in(file);
            if (number && *number <= newest && !files_.contains(file))
                result_.leftover.push_back(std::move(file));
        }
    }

    [[nodiscard]] Task<std::vector<history::Entry>> read_rows(std::int64_t after) {
        co_return co_await db_.read(
            [&](sql::Tx& tx) { return read_after(tx, service_, after, max_events_read); });
    }

    const std::string service_;
    sql::Database& db_;
    history::Storage* storage_;
    HistoryCheck result_;
    std::optional<SegmentRow> last_;
    std::set<std::string> files_;
};

}  // namespace

Task<HistoryCheck> check_history(std::string service, sql::Database& db, history::Storage* storage,
                                 std::function<void(const SegmentRow&)> progress) {
    Checker checker{std::move(service), db, storage};
    co_return co_await checker.run(progress);
}

}  // namespace stagedoor::outbox
