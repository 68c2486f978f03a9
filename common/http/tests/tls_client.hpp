// A client's side of TLS on a blocking socket, and certificates for it and the server.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/http/server/tls.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "fleet/certificates.hpp"

namespace stagedoor::http::test {

// What a client trusts, and what it shows.
struct ClientTls {
    std::string ca_file, certificate = {}, key = {};
    int max_version = 0;  // TLS1_2_VERSION; 0: the newest
    std::string alpn = {};
};

class TlsClient {
  public:
    // Throws std::runtime_error if the handshake fails.
    TlsClient(int socket, const ClientTls& tls, SSL_SESSION* resumed = nullptr) {
        std::signal(SIGPIPE, SIG_IGN);
        context_.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        if (tls.max_version) SSL_CTX_set_max_proto_version(context_.get(), tls.max_version);
        SSL_CTX_load_verify_file(context_.get(), tls.ca_file.c_str());
        if (!tls.certificate.empty()) {
            SSL_CTX_use_certificate_chain_file(context_.get(), tls.certificate.c_str());
            SSL_CTX_use_PrivateKey_file(context_.get(), tls.key.c_str(), SSL_FILETYPE_PEM);
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set1_host(ssl_.get(), "localhost");
        if (!tls.alpn.empty())
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(tls.alpn.data()),
                                static_cast<unsigned>(tls.alpn.size()));
        if (resumed) SSL_set_session(ssl_.get(), resumed);
        SSL_set_fd(ssl_.get(), socket);
        ERR_clear_error();
        if (SSL_connect(ssl_.get()) != 1) {
            const char* reason = ERR_reason_error_string(ERR_peek_error());
            throw std::runtime_error(reason ? reason : "the handshake failed");
        }
    }

    void send(std::string_view bytes) {
        if (!bytes.empty() && SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0)
            throw std::runtime_error("can't write");
    }
    // The number of bytes; 0 at the end of the stream, -1 if it is cut off.
    [[nodiscard]] int read(std::span<char> into) {
        ERR_clear_error();
        auto count = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
        if (count > 0) return count;
        ended_cleanly_ = SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN;
        return ended_cleanly_ ? 0 : -1;
    }
    void finish_sending() { SSL_shutdown(ssl_.get()); }

    // Whether the server has said that nothing more follows.
    [[nodiscard]] bool ended_cleanly() const { return ended_cleanly_; }
    [[nodiscard]] SSL* ssl() { return ssl_.get(); }

  private:
    struct Free {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> ssl_;
    bool ended_cleanly_ = false;
};

// A CA, and a certificate for "localhost" in files that a test may replace.
struct TestTls {
    runtime::TemporaryFolder folder;
    fleet::CertificateAuthority authority{folder.path()};
    fleet::CertificateFiles server = authority.issue("server", {"DNS:localhost"});

    [[nodiscard]] TlsFiles files() const { return {server.certificate, server.key, {}}; }
    [[nodiscard]] ClientTls client() const { return {.ca_file = authority.file()}; }
};

}  // namespace stagedoor::http::test
