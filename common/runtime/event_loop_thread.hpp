// An event loop that runs on threads of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>
#include <vector>

#include "common/runtime/task.hpp"

namespace stagedoor::runtime {

// With one thread, tasks start in the order of the calls. Any thread but its own may call it.
class EventLoopThread {
  public:
    explicit EventLoopThread(int threads = 1) : context_(threads) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
    }
    ~EventLoopThread() { stop(); }
    EventLoopThread(const EventLoopThread&) = delete;
    EventLoopThread& operator=(const EventLoopThread&) = delete;

    [[nodiscard]] Executor executor() { return context_.get_executor(); }

    template <class T>
    [[nodiscard]] std::future<T> start(Task<T> task) {
        return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future);
    }
    // Runs the task on this loop and returns its result or throws its exception.
    template <class T>
    T wait_for(Task<T> task) {
        return start(std::move(task)).get();
    }

    // Drops pending work and joins the threads.
    void stop() {
        work_.reset();
        context_.stop();
        threads_.clear();
    }

  private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        boost::asio::make_work_guard(context_);
    std::vector<std::jthread> threads_;
};

}  // namespace stagedoor::runtime
