#include "common/runtime/clock.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace stagedoor::runtime {
namespace {

class SystemClock final : public Clock {
  public:
    explicit SystemClock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    Instant now() const override {
        auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        return {std::chrono::floor<std::chrono::milliseconds>(since_epoch).count()};
    }

    std::chrono::nanoseconds monotonic() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }

    Alarm at(Instant when, std::function<void()> ring) override {
        // One extra millisecond: the system clock may be slewed meanwhile, and an alarm must not ring early.
        auto left = std::max(when - now(), std::chrono::milliseconds{0}) + std::chrono::milliseconds{1};
        return at_monotonic(monotonic() + left, std::move(ring));
    }

    Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override {
        auto timer = std::make_shared<boost::asio::steady_timer>(executor_);
        timer->expires_at(std::chrono::steady_clock::time_point{when});
        auto cancelled = std::make_shared<std::atomic<bool>>(false);
        timer->async_wait([timer, cancelled, ring = std::move(ring)](boost::system::error_code error) {
            if (!error && !*cancelled) ring();
        });
        return {timer.get(), [timer, cancelled](void*) {
                    *cancelled = true;
                    boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
                }};
    }

  private:
    boost::asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<Clock> make_system_clock(boost::asio::any_io_executor executor) {
    return std::make_unique<SystemClock>(std::move(executor));
}

struct ManualClock::Pending {
    std::function<void()> ring;
};

Instant ManualClock::now() const {
    std::lock_guard lock{mutex_};
    return now_;
}

std::chrono::nanoseconds ManualClock::monotonic() const {
    return std::chrono::milliseconds{now().milliseconds};
}

Clock::Alarm ManualClock::at(Instant when, std::function<void()> ring) {
    auto pending = std::make_shared<Pending>(std::move(ring));
    std::unique_lock lock{mutex_};
    if (when <= now_) {
        lock.unlock();
        pending->ring();
        return pending;
    }
    pending_.emplace(when, pending);
    return pending;
}

Clock::Alarm ManualClock::at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) {
    return at(Instant{std::chrono::ceil<std::chrono::milliseconds>(when).count()}, std::move(ring));
}

void ManualClock::advance(std::chrono::milliseconds step) {
    std::unique_lock lock{mutex_};
    auto end = now_ + step;
    while (!pending_.empty() && pending_.begin()->first <= end) {
        now_ = std::max(now_, pending_.begin()->first);
        auto due = pending_.begin()->second.lock();
        pending_.erase(pending_.begin());
        lock.unlock();
        if (due) due->ring();
        lock.lock();
    }
    now_ = end;
}

}  // namespace stagedoor::runtime
