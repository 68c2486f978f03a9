#include "common/sql/pending_transaction.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/errors.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::sql {

std::exception_ptr rejection_of(PushResult result) {
    switch (result) {
        case PushResult::full:
            return std::make_exception_ptr(
                Unavailable("Too many requests are waiting; try again in a moment"_text));
        case PushResult::closed:
            return std::make_exception_ptr(Unavailable("Shutting down; try again in a moment"_text));
        case PushResult::accepted:
            break;
    }
    return nullptr;
}

Task<> enqueue_and_wait(PendingTransaction transaction, Enqueue enqueue) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
        [transaction = std::move(transaction), enqueue = std::move(enqueue)](auto handler) mutable {
            // Callers of one group are resumed with a post each, so they run in parallel if the executor has
            // several threads. An event loop that is already awake takes the next post without a system call.
            auto executor = boost::asio::get_associated_executor(handler);
            transaction.on_complete = [executor,
                                       handler = std::move(handler)](std::exception_ptr error) mutable {
                boost::asio::post(executor,
                                  [handler = std::move(handler), error = std::move(error)]() mutable {
                                      handler(std::move(error));
                                  });
            };
            // Once enqueued, the transaction may complete and resume the coroutine on another thread, which
            // destroys this lambda's captures. So move them into locals first.
            auto local_transaction = std::move(transaction);
            auto local_enqueue = std::move(enqueue);
            if (auto rejection = local_enqueue(local_transaction))
                local_transaction.on_complete(std::move(rejection));
        },
        boost::asio::use_awaitable);
}

void complete(PendingTransaction& transaction, std::string_view database) {
    if (!transaction.error) {
        for (auto& action : transaction.actions) {
            try {
                action();
            } catch (const std::exception& error) {
                log::error("after-commit-failed", {{"database", database}, {"reason", error.what()}});
            }
        }
    }
    transaction.work = nullptr;  // before the caller resumes: `work` refers to its coroutine
    std::exchange(transaction.on_complete, nullptr)(std::exchange(transaction.error, nullptr));
}

}  // namespace stagedoor::sql
