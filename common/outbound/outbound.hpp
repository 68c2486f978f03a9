// Connections to the outside world: HTTP requests (to a payment provider, say) and emails over SMTP. libcurl
// runs them on threads of its own; coroutines resume on their own executor.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "common/http/message.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::outbound {

// There is no complete response, so it is unknown whether the request was carried out.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// There was no connection, so nothing was sent: trying another server is safe.
struct NotSent : NoAnswer {
    using NoAnswer::NoAnswer;
};

struct SendOptions {
    std::string url;  // the server's, "https://api.stripe.com"; the request's target is appended
    std::chrono::milliseconds timeout = std::chrono::seconds{10};  // for the whole exchange
    // Whether to send the request again when a kept-alive connection breaks before any response. If not, it
    // is sent on a new connection.
    bool repeat_on_broken_connection = true;
};

struct SmtpServer {
    std::string url;             // smtp://host:25, with STARTTLS if the server offers it; smtps://host:465
    bool demand_tls = false;     // fail rather than continue unencrypted
    std::string user, password;  // empty: none
};

struct Email {
    std::string from, to;  // bare addresses, of the SMTP envelope
    std::string message;   // RFC 5322: headers, an empty line, the body; lines end in CRLF
    std::chrono::milliseconds timeout = std::chrono::seconds{30};
};

// The mail server rejected this email (perhaps permanently) or us as a sender (never permanently).
struct EmailRejected : std::runtime_error {
    EmailRejected(const std::string& text, bool is_permanent)
        : std::runtime_error(text), permanent(is_permanent) {}
    bool permanent;  // a 5xx about the recipient or the message: retrying won't help
};

// Thread-safe.
class Transport {
  public:
    virtual ~Transport() = default;

    // Sends the method, target, headers and body of `request`. Returns a response of any status, header names
    // in lower case; redirects are not followed. Throws NoAnswer (also for a response over 4 MiB) or, when it
    // is known that nothing was sent, NotSent; Unavailable when too many are in flight or after close().
    [[nodiscard]] virtual Task<http::Response> send(http::Request request, SendOptions options) = 0;

    // Returns when the server has accepted the email. Throws EmailRejected, otherwise as send() does.
    [[nodiscard]] virtual Task<> deliver(SmtpServer server, Email email) = 0;

    // Stops the threads. Transfers in flight throw NoAnswer on the executors that await them, which must
    // still exist.
    virtual void close() = 0;
};

struct TransportOptions {
    std::size_t max_concurrent = 256;  // requests in flight, and emails; more fail with Unavailable
    std::string ca_file;               // trusted certificates, PEM; empty: the system's
};
// The threads start at the first use.
[[nodiscard]] std::unique_ptr<Transport> make_transport(TransportOptions options = {});

}  // namespace stagedoor::outbound
