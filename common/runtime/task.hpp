// Coroutines on an executor. A Task starts when it is awaited or spawned, and stays on one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

namespace stagedoor {

template <class T = void>
using Task = boost::asio::awaitable<T>;

namespace runtime {

using Executor = boost::asio::any_io_executor;

// Runs the task in the background. An exception that escapes from it is a bug: it is logged with `name` and
// aborts the program.
void spawn(const Executor& executor, std::string name, std::function<Task<>()> task);

}  // namespace runtime
}  // namespace stagedoor
