#include "common/outbound/curl_thread.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>

#include "common/errors.hpp"

namespace stagedoor::outbound {

CurlThread::CurlThread(std::size_t max_concurrent)
    : max_concurrent_(max_concurrent), multi_(curl_multi_init()) {
    if (!multi_) throw std::bad_alloc();
}

Task<TransferPtr> CurlThread::run(TransferPtr transfer) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                       void(std::exception_ptr, TransferPtr)>(
        [this](auto handler, TransferPtr given) {
            auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                                boost::asio::execution::outstanding_work.tracked);
            auto finish = [executor, handler = std::move(handler)](std::exception_ptr rejection,
                                                                   TransferPtr done) mutable {
                boost::asio::post(
                    executor, [handler = std::move(handler), rejection, done = std::move(done)]() mutable {
                        handler(rejection, std::move(done));
                    });
            };
            add({std::move(given), std::move(finish)});
        },
        boost::asio::use_awaitable, std::move(transfer));
}

void CurlThread::add(Job job) {
    const char* rejection = "Too many outbound requests";
    {
        std::lock_guard lock{mutex_};
        if (!closed_ && count_ < max_concurrent_) {
            queued_.push_back(std::move(job));
            ++count_;
            if (thread_.joinable())
                curl_multi_wakeup(multi_.get());
            else
                thread_ = std::jthread{[this](const std::stop_token& stopping) { work(stopping); }};
            return;
        }
        if (closed_) rejection = "The program is shutting down";
    }
    job.finish(std::make_exception_ptr(Unavailable(Message::as_is(rejection))), nullptr);
}

void CurlThread::close() {
    {
        std::lock_guard lock{mutex_};
        if (std::exchange(closed_, true)) return;
    }
    if (thread_.joinable()) {
        thread_.request_stop();
        curl_multi_wakeup(multi_.get());
        thread_.join();
    }
    multi_.reset();  // closes the idle connections, too
}

void CurlThread::work(const std::stop_token& stopping) {
    constexpr int max_sleep_ms = 60'000;  // libcurl's timers and wakeups end it sooner
    while (!stopping.stop_requested()) {
        start_queued();
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        finish_done();
        curl_multi_poll(multi_.get(), nullptr, 0, max_sleep_ms, nullptr);
    }
    start_queued();
    while (!in_flight_.empty()) {
        auto job = std::move(in_flight_.extract(in_flight_.begin()).mapped());
        finish(std::move(job), CURLE_ABORTED_BY_CALLBACK);
    }
}

void CurlThread::start_queued() {
    std::vector<Job> queued;
    {
        std::lock_guard lock{mutex_};
        queued.swap(queued_);
    }
    for (auto& job : queued) {
        auto* easy = job.transfer->easy.get();
        if (curl_multi_add_handle(multi_.get(), easy) == CURLM_OK)
            in_flight_.emplace(easy, std::move(job));
        else
            finish(std::move(job), CURLE_FAILED_INIT);
    }
}

void CurlThread::finish_done() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_.get(), &left)) {
        auto code = message->data.result;
        finish(std::move(in_flight_.extract(message->easy_handle).mapped()), code);
    }
}

void CurlThread::finish(Job job, CURLcode code) {
    auto& transfer = *job.transfer;
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_REQUEST_SIZE, &transfer.request_size);
    curl_multi_remove_handle(multi_.get(), transfer.easy.get());
    transfer.easy.reset();
    transfer.code = code;
    transfer.response.status = static_cast<int>(status);
    {
        std::lock_guard lock{mutex_};
        --count_;
    }
    job.finish(nullptr, std::move(job.transfer));
}

}  // namespace stagedoor::outbound
