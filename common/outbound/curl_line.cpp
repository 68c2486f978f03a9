#include "common/outbound/curl_line.hpp"

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

Task<TransferPtr> CurlThread::carry(TransferPtr transfer) {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                       void(std::exception_ptr, TransferPtr)>(
        [this](auto handler, TransferPtr given) {
            auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                                boost::asio::execution::outstanding_work.tracked);
            auto finish = [executor, handler = std::move(handler)](std::exception_ptr refusal,
                                                                   TransferPtr done) mutable {
                boost::asio::post(executor,
                                  [handler = std::move(handler), refusal, done = std::move(done)]() mutable {
                                      handler(refusal, std::move(done));
                                  });
            };
            add({std::move(given), std::move(finish)});
        },
        boost::asio::use_awaitable, std::move(transfer));
}

void CurlThread::add(Carried carried) {
    const char* refusal = "Too much is on its way out at this moment";
    {
        std::lock_guard lock{mutex_};
        if (!closed_ && count_ < max_concurrent_) {
            arrived_.push_back(std::move(carried));
            ++count_;
            if (thread_.joinable())
                curl_multi_wakeup(multi_.get());
            else
                thread_ = std::jthread{[this](const std::stop_token& stopping) { work(stopping); }};
            return;
        }
        if (closed_) refusal = "Nothing goes out any more: the program ends";
    }
    carried.finish(std::make_exception_ptr(Unavailable(refusal)), nullptr);
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
    multi_.reset();  // and the connections that it keeps
}

void CurlThread::work(const std::stop_token& stopping) {
    constexpr int longest_sleep_ms = 60'000;  // libcurl's own timers and a wakeup end it sooner
    while (!stopping.stop_requested()) {
        begin_arrived();
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
        finish_done();
        curl_multi_poll(multi_.get(), nullptr, 0, longest_sleep_ms, nullptr);
    }
    begin_arrived();
    while (!under_way_.empty()) {
        auto carried = std::move(under_way_.extract(under_way_.begin()).mapped());
        finish(std::move(carried), CURLE_ABORTED_BY_CALLBACK);
    }
}

void CurlThread::begin_arrived() {
    std::vector<Carried> arrived;
    {
        std::lock_guard lock{mutex_};
        arrived.swap(arrived_);
    }
    for (auto& carried : arrived) {
        auto* easy = carried.transfer->easy.get();
        if (curl_multi_add_handle(multi_.get(), easy) == CURLM_OK)
            under_way_.emplace(easy, std::move(carried));
        else
            finish(std::move(carried), CURLE_FAILED_INIT);
    }
}

void CurlThread::finish_done() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_.get(), &left)) {
        auto code = message->data.result;
        finish(std::move(under_way_.extract(message->easy_handle).mapped()), code);
    }
}

void CurlThread::finish(Carried carried, CURLcode code) {
    auto& transfer = *carried.transfer;
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_.get(), transfer.easy.get());
    transfer.easy.reset();
    transfer.code = code;
    transfer.answer.status = static_cast<int>(status);
    {
        std::lock_guard lock{mutex_};
        --count_;
    }
    carried.finish(nullptr, std::move(carried.transfer));
}

}  // namespace stagedoor::outbound
