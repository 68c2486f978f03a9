// A thread that runs libcurl transfers: many at a time, asleep when there are none. Any thread may start a
// transfer; until it is done, it belongs to this thread alone.
#pragma once

#include <curl/curl.h>

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/outbound/outbound.hpp"
#include "common/outbound/smtp_reply.hpp"

namespace stagedoor::outbound {

template <auto Free>
struct FreedBy {
    void operator()(auto* handle) const { Free(handle); }
};
using Easy = std::unique_ptr<CURL, FreedBy<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreedBy<curl_multi_cleanup>>;
using Lines = std::unique_ptr<curl_slist, FreedBy<curl_slist_free_all>>;

// One request or email: libcurl's options and the buffers they point to, then the outcome.
struct Transfer {
    Easy easy;
    Lines lines;           // the headers, or the email's recipients
    std::string upload;    // the request's body, or the email
    std::size_t sent = 0;  // bytes of an email

    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    std::array<char, CURL_ERROR_SIZE> error_text{};
    http::Response response;   // also holds the status of a mail server's last reply
    long request_size = 0;     // bytes that were sent of a request's headers
    std::size_t received = 0;  // bytes of headers and body
    SmtpReply reply;           // of a mail server

    [[nodiscard]] std::string error() const {
        return error_text.front() ? error_text.data() : curl_easy_strerror(code);
    }
};
using TransferPtr = std::unique_ptr<Transfer>;

class CurlThread {
  public:
    explicit CurlThread(std::size_t max_concurrent);
    ~CurlThread() { close(); }

    // Returns the transfer, done or failed, on the caller's executor. Throws Unavailable.
    [[nodiscard]] Task<TransferPtr> run(TransferPtr transfer);
    // Stops the thread and closes the connections; transfers in flight are returned aborted.
    void close();

  private:
    using Finish = std::move_only_function<void(std::exception_ptr, TransferPtr)>;
    struct Job {
        TransferPtr transfer;
        Finish finish;
    };

    void add(Job job);
    void work(const std::stop_token& stopping);
    void start_queued();
    void finish_done();
    void finish(Job job, CURLcode code);

    const std::size_t max_concurrent_;
    Multi multi_;
    std::unordered_map<CURL*, Job> in_flight_;  // used by the thread only

    std::mutex mutex_;
    std::vector<Job> queued_;
    std::size_t count_ = 0;  // queued or in flight
    bool closed_ = false;
    std::jthread thread_;
};

}  // namespace stagedoor::outbound
