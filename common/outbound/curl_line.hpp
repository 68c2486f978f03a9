// A thread that carries libcurl's transfers: many at once, asleep when there are none. What begins and ends a
// transfer is any thread's business; in between it is this one's alone.
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

namespace stagedoor::outbound {

template <auto Free>
struct FreedBy {
    void operator()(auto* handle) const { Free(handle); }
};
using Easy = std::unique_ptr<CURL, FreedBy<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, FreedBy<curl_multi_cleanup>>;
using Lines = std::unique_ptr<curl_slist, FreedBy<curl_slist_free_all>>;

// One request or letter: what libcurl is told, and points to while it is under way; then what came of it.
struct Transfer {
    Easy easy;
    Lines lines;           // the headers, or the letter's addressees
    std::string upload;    // the request's body, or the letter
    std::size_t sent = 0;  // of a letter

    CURLcode code = CURLE_ABORTED_BY_CALLBACK;
    std::array<char, CURL_ERROR_SIZE> error_text{};
    HttpAnswer answer;         // its status is the last reply's of a mail server, too
    std::size_t received = 0;  // bytes of headers and body

    [[nodiscard]] std::string error() const {
        return error_text.front() ? error_text.data() : curl_easy_strerror(code);
    }
};
using TransferPtr = std::unique_ptr<Transfer>;

class CurlThread {
  public:
    explicit CurlThread(std::size_t max_concurrent);
    ~CurlThread() { close(); }

    // Gives the transfer back, done or failed, on the executor of who waits. Throws Unavailable.
    [[nodiscard]] Task<TransferPtr> carry(TransferPtr transfer);
    // Ends the thread and the connections; what is under way comes back aborted.
    void close();

  private:
    using Finish = std::move_only_function<void(std::exception_ptr, TransferPtr)>;
    struct Carried {
        TransferPtr transfer;
        Finish finish;
    };

    void add(Carried carried);
    void work(const std::stop_token& stopping);
    void begin_arrived();
    void finish_done();
    void finish(Carried carried, CURLcode code);

    const std::size_t max_concurrent_;
    Multi multi_;
    std::unordered_map<CURL*, Carried> under_way_;  // the thread's

    std::mutex mutex_;
    std::vector<Carried> arrived_;
    std::size_t count_ = 0;  // arrived or under way
    bool closed_ = false;
    std::jthread thread_;
};

}  // namespace stagedoor::outbound
