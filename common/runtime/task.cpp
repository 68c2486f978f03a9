#include "common/runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>

#include "common/runtime/log.hpp"

namespace stagedoor::runtime {

void spawn(const Executor& executor, std::string name, std::function<Task<>()> task) {
    boost::asio::co_spawn(executor, std::move(task), [name = std::move(name)](std::exception_ptr failure) {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            log::error("background-task-failed", {{"task", name}, {"error", error.what()}});
        }
        log::stop();
        std::abort();
    });
}

}  // namespace stagedoor::runtime
