// A thread with an event loop of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "common/runtime/task.hpp"

namespace stagedoor {

class Loop {
  public:
    Loop() : thread_([this] { context_.run(); }) {}
    ~Loop() { stop(); }
    [[nodiscard]] runtime::Executor executor() { return context_.get_executor(); }
    void stop() {
        work_.reset();
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    // Runs the task on this loop and waits for its result.
    template <class T>
    T wait_for(Task<T> task) {
        return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future).get();
    }

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        boost::asio::make_work_guard(context_);
    std::thread thread_;
};

}  // namespace stagedoor
