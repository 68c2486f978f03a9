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
struct NoResponse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// There was no connection, so nothing was sent: trying another server is safe.
struct NotSent : NoResponse {
    using NoResponse::NoResponse;
};

struct SendOptions {
    std::string url;  // the server's, "https://api.stripe.com"; the request's target is appended
    std::chrono::milliseconds timeout = std::chrono::seconds{10};  // for the whole exchange
    // Until the server can be sent to, its name's lookup and TLS included. Shorter where somebody waits.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds{3};
    // Whether to send the request again when a kept-alive connection breaks before any response. If not, it
    // is sent on a new connection.
    bool repeat_on_broken_connection = true;
};

struct SmtpServer {
    std::string url;             // smtp://host:25, with STARTTLS if the server offers it; smtps://host:465
    std::string hello;           // our host's name, for EHLO; empty: this machine's
    bool demand_tls = false;     // fail rather than continue unencrypted
    std::string user, password;  // empty: none
};

struct Email {
    std::string from, to;  // bare addresses, of the SMTP envelope
    std::string message;   // RFC 5322: headers, an empty line, the body; lines end in CRLF
    // For the whole exchange. RFC 5321 (4.5.3.2) lets a server take 5 minutes for its greeting and for most
    // of its other replies; here every reply may.
    std::chrono::milliseconds timeout = std::chrono::minutes{12};
};

// The mail server rejected this email.
struct EmailRejected : std::runtime_error {
    EmailRejected(const std::string& text, bool is_permanent, std::string server_reply = {})
        : std::runtime_error(text), permanent(is_permanent), reply(std::move(server_reply)) {}
    bool permanent;     // about this recipient or this message: retrying won't help
    std::string reply;  // the server's, all its lines; may be anything
};

// Thread-safe.
class Transport {
  public:
    virtual ~Transport() = default;

    // Sends the method, target, headers and body of `request`. Returns a response of any status, header names
    // in lower case; redirects are not followed. Throws NoResponse (also for a response over 4 MiB) or, when
    // it is known that nothing was sent, NotSent; Unavailable when too many are in flight or after close().
    [[nodiscard]] virtual Task<http::Response> send(http::Request request, SendOptions options) = 0;

    // Returns the server's reply when it has accepted the email. Throws EmailRejected, otherwise as send()
    // does.
    [[nodiscard]] virtual Task<std::string> deliver(SmtpServer server, Email email) = 0;

    // Stops the threads. Transfers in flight throw NoResponse on the executors that await them, which must
    // still exist.
    virtual void close() = 0;
};

struct TransportOptions {
    std::size_t max_concurrent = 256;  // requests in flight, and emails; more fail with Unavailable
    std::string ca_file;               // trusted certificates, PEM; empty: the system's
    // Shown to servers that ask for a certificate, PEM; empty: none. All these files are read at each
    // connection.
    std::string certificate_file, key_file;
    bool verifies_servers = true;
};
// The threads start at the first use.
[[nodiscard]] std::unique_ptr<Transport> make_transport(TransportOptions options = {});

}  // namespace stagedoor::outbound
