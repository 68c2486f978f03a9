// An event loop on a thread of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "common/runtime/task.hpp"

namespace stagedoor::runtime::testing {

class Loop {
  public:
    Loop() : thread_([this] { context_.run(); }) {}
    ~Loop() {
        work_.reset();
        thread_.join();
    }
    [[nodiscard]] Executor executor() { return context_.get_executor(); }

    template <class T>
    std::future<T> start(Task<T> task) {
        return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future);
    }

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        boost::asio::make_work_guard(context_);
    std::thread thread_;
};

}  // namespace stagedoor::runtime::testing
