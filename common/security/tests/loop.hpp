// Runs tasks to their end on the calling thread, one after the other. Must outlive everything that posts to
// it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>

#include "common/runtime/task.hpp"

namespace stagedoor::security {

class Loop {
  public:
    template <class T>
    T result_of(Task<T> task) {
        context.restart();
        auto work = boost::asio::make_work_guard(context);
        auto future = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
        while (future.wait_for(std::chrono::seconds{0}) != std::future_status::ready) context.run_one();
        return future.get();
    }

    boost::asio::io_context context;
};

}  // namespace stagedoor::security
