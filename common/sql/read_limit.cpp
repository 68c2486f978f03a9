#include "common/sql/read_limit.hpp"

namespace stagedoor::sql {
namespace {

// How long a statement counts as slow after it last was.
constexpr std::chrono::seconds slow_for{10};
// A search has a statement for each set of filters. When there are more, all are learned anew.
constexpr std::size_t max_statements = 256;

}  // namespace

bool SlowStatements::contains(std::string_view statement, std::chrono::nanoseconds now) {
    std::lock_guard lock{mutex_};
    auto found = until_.find(statement);
    return found != until_.end() && now < found->second;
}

void SlowStatements::add(std::string_view statement, std::chrono::nanoseconds now) {
    std::lock_guard lock{mutex_};
    std::erase_if(until_, [&](const auto& each) { return now >= each.second; });
    if (until_.size() >= max_statements) until_.clear();
    until_.insert_or_assign(std::string{statement}, now + slow_for);
}

void SlowStatements::remove(std::string_view statement) {
    std::lock_guard lock{mutex_};
    if (auto found = until_.find(statement); found != until_.end()) until_.erase(found);
}

void ReadLimit::end_statement(std::chrono::nanoseconds now) {
    if (now - statement_started_ <= slowest_time_) return;
    slowest_time_ = now - statement_started_;
    slowest_ = statement_;
}

void ReadLimit::start_statement(std::string_view statement) {
    auto now = now_();
    if (!statement_.empty()) end_statement(now);
    if (is_over()) exceed();
    statement_ = statement;
    statement_started_ = now;
    if (lane_ == ReadLane::quick && slow_.contains(statement, now)) {
        exceeded_ = true;
        slowest_ = statement_;
        throw ReadTooSlow("was slow lately: " + statement_);
    }
}

void ReadLimit::exceed() {
    exceeded_ = true;
    auto now = now_();
    end_statement(now);
    slow_.add(slowest_, now);
    throw ReadTooSlow("took too long: " + statement_);
}

}  // namespace stagedoor::sql
