// What goes out of the marketplace into the world: HTTPS requests to a payment provider, mails to an SMTP
// server. By libcurl, on threads of its own; coroutines await the answer on their own executor.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/task.hpp"

namespace stagedoor::outbound {

// No answer, or only half of one: whether the other side did what it was asked can't be known.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// No connection came about, so nothing was asked: somebody else can be.
struct NotSent : NoAnswer {
    using NoAnswer::NoAnswer;
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds limit = std::chrono::seconds{10};  // for all of it
    // Whether it is sent again when a kept-alive connection broke before any answer. Otherwise it goes out on a new one.
    bool repeat_on_broken_connection = true;
};

struct HttpAnswer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;                                          // at most 4 MiB; more is NoAnswer
};

struct SmtpServer {
    std::string url;             // smtp://host:25, with STARTTLS where the server offers it; smtps://host:465
    bool demand_tls = false;     // refuse to go on in clear
    std::string user, password;  // empty: none
};

struct Email {
    std::string from, to;  // bare addresses, of the SMTP envelope
    std::string message;   // RFC 5322: headers, an empty line, the body; lines end in CRLF
    std::chrono::milliseconds limit = std::chrono::seconds{30};
};

// The mail server said no: to this letter, or (never for good) to us.
struct EmailRejected : std::runtime_error {
    EmailRejected(const std::string& text, bool permanent) : std::runtime_error(text), for_good(permanent) {}
    bool for_good;  // 5xx about the addressee or the text: trying again won't help
};

// Any thread may call it.
class Transport {
  public:
    virtual ~Transport() = default;

    // An error status is an answer. Redirects are not followed. Throws NoAnswer or, when it is known that nothing
    // was asked, NotSent; Unavailable when too many are under way or after close().
    [[nodiscard]] virtual Task<HttpAnswer> send(HttpRequest request) = 0;

    // Returns when the server has taken the letter. Throws EmailRejected, else as send() does.
    [[nodiscard]] virtual Task<> deliver(SmtpServer server, Email letter) = 0;

    // Ends the threads; what is under way throws NoAnswer where it waits, on executors that must still exist.
    virtual void close() = 0;
};

struct TransportOptions {
    std::size_t max_concurrent = 256;  // requests under way, and letters; more are refused with Unavailable
    std::string ca_file;               // certificates to trust, PEM; empty: the system's
};
// The threads are started at the first use.
[[nodiscard]] std::unique_ptr<Transport> make_transport(TransportOptions options = {});

}  // namespace stagedoor::outbound
