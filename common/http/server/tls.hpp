// TLS of the server: OpenSSL on its non-blocking sockets, and certificates that are read again when their
// files change. OpenSSL raises SIGPIPE when a client is gone: the process has to ignore it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

// OpenSSL's SSL and SSL_CTX, whose headers stay in tls.cpp.
struct ssl_st;
struct ssl_ctx_st;

namespace stagedoor::http {

// Files, PEM. Without a certificate there is no TLS.
struct TlsFiles {
    std::string certificate;  // and the intermediate ones that lead to its CA
    std::string key;
    std::string client_ca;  // if set, only clients with a certificate of one of these are served

    [[nodiscard]] bool given() const { return !certificate.empty(); }
};

// Why these files can't be used, in one line for the operator; empty if they can.
[[nodiscard]] std::string problem_with(const TlsFiles& files);

// Whether an operation is done, has to be tried again once the socket can be read or written, or the stream
// has ended.
enum class TlsProgress { done, wants_read, wants_write, ended };

// The TLS of one connection. Every call returns at once.
class TlsSession {
  public:
    explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    [[nodiscard]] TlsProgress handshake();
    // After it has failed: why. Empty if the client has sent nothing at all, as load balancers that only try
    // whether somebody listens.
    [[nodiscard]] std::string failure() const { return failure_; }

    // Both set `bytes`, at least 1 if done. What could not be written must be passed again first.
    [[nodiscard]] TlsProgress read(std::span<char> into, std::size_t& bytes);
    [[nodiscard]] TlsProgress write(std::string_view from, std::size_t& bytes);
    // Tells the client that nothing more follows, as far as the socket accepts it at once.
    void finish();

  private:
    [[nodiscard]] TlsProgress progress_of(int result) const;

    ssl_st* ssl_;
    std::string failure_;
};

// What the files contained when they were last read. For one thread, as are its sessions' constructors.
class TlsContext {
  public:
    // Throws std::runtime_error with one line for the operator.
    explicit TlsContext(TlsFiles files);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // On a connected, non-blocking socket, which must outlive it.
    [[nodiscard]] std::unique_ptr<TlsSession> session(int socket) const;

    // Reads the files again if they have changed; connections keep what they began with. Files that can't be
    // used change nothing: logged at the second look, since the first may have come between two writes.
    void reload_if_changed();

    // When the certificate expires, seconds since 1970.
    [[nodiscard]] std::int64_t expires() const { return expires_; }

  private:
    void load(std::string content);

    TlsFiles files_;
    ssl_ctx_st* context_ = nullptr;
    std::string content_;   // of the files in use
    std::string rejected_;  // of files that could not be used
    bool logged_ = false;   // that these can't
    std::int64_t expires_ = 0;
};

}  // namespace stagedoor::http
