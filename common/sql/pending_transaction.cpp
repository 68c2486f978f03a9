#include "common/sql/pending_transaction.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/errors.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::sql {

std::exception_ptr refusal_of(Push pushed) {
    switch (pushed) {
        case Push::full:
            return std::make_exception_ptr(Unavailable("Too much is going on; try again in a moment"));
        case Push::closed:
            return std::make_exception_ptr(Unavailable("Shutting down; try again in a moment"));
        case Push::taken:
            break;
    }
    return nullptr;
}

Task<> until_answered(PendingTransaction waiting, Offer offer) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
        [waiting = std::move(waiting), offer = std::move(offer)](auto handler) mutable {
            // Each is posted by itself, so that those of one group go on in parallel where the executor has
            // several threads; an Asio loop that is awake, or was just woken, takes the next without a system
            // call.
            auto executor = boost::asio::get_associated_executor(handler);
            waiting.answer = [executor, handler = std::move(handler)](std::exception_ptr verdict) mutable {
                boost::asio::post(executor,
                                  [handler = std::move(handler), verdict = std::move(verdict)]() mutable {
                                      handler(std::move(verdict));
                                  });
            };
            // Once it is taken, this coroutine may already be going on elsewhere: nothing of it is touched
            // below, so what is still needed is ours.
            auto ours = std::move(waiting);
            auto offered = std::move(offer);
            if (auto refused = offered(ours)) ours.answer(std::move(refused));
        },
        boost::asio::use_awaitable);
}

void settle(PendingTransaction& done, std::string_view database) {
    if (!done.verdict) {
        for (auto& action : done.actions) {
            try {
                action();
            } catch (const std::exception& error) {
                log::error("after-commit-failed", {{"database", database}, {"reason", error.what()}});
            }
        }
    }
    done.work = nullptr;  // before the answer: it refers to the coroutine that then goes on
    std::exchange(done.answer, nullptr)(std::exchange(done.verdict, nullptr));
}

}  // namespace stagedoor::sql
