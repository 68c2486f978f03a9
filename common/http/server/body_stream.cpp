#include "common/http/server/body_stream.hpp"

#include <utility>

namespace stagedoor::http {

bool BodyStream::send(Part part) {
    std::unique_lock lock{mutex_};
    if (end_) return false;
    if (waiting_bytes_ + part->size() > options_.max_waiting) {
        waiting_.clear();
        end_as(lock, End::too_slow);
        return false;
    }
    waiting_bytes_ += part->size();
    waiting_.push_back(std::move(part));
    if (wake_) wake_();
    return true;
}

void BodyStream::close(End why) {
    std::unique_lock lock{mutex_};
    if (end_) return;
    if (why == End::left) waiting_.clear();
    if (why == End::drained && !options_.farewell.empty())
        waiting_.push_back(std::make_shared<const std::string>(options_.farewell));
    end_as(lock, why);
}

void BodyStream::end_as(std::unique_lock<std::mutex>& lock, End why) {
    end_ = why;
    if (wake_) wake_();
    auto on_end = std::exchange(options_.on_end, nullptr);
    lock.unlock();  // it may call back
    if (on_end) on_end(why);
}

void BodyStream::connect(std::function<void()> wake) {
    std::lock_guard lock{mutex_};
    wake_ = std::move(wake);
    if (wake_ && (end_ || !waiting_.empty())) wake_();
}

BodyStream::Taken BodyStream::take() {
    std::lock_guard lock{mutex_};
    waiting_bytes_ = 0;
    return {std::exchange(waiting_, {}), end_};
}

std::optional<BodyStream::End> BodyStream::end() const {
    std::lock_guard lock{mutex_};
    return end_;
}

}  // namespace stagedoor::http
