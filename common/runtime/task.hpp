// What runs: coroutines on an executor. A Task starts when it is awaited or spawned, and stays on one
// executor.
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

// Runs the task to its end in the background. An exception that leaves it is a broken promise of our own: it
// is logged under `name` and ends the program.
void spawn(const Executor& executor, std::string name, std::function<Task<>()> task);

}  // namespace runtime
}  // namespace stagedoor
