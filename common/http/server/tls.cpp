#include "common/http/server/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "common/runtime/log.hpp"

namespace stagedoor::http {
namespace {

// With forward secrecy and authenticated encryption; those of TLS 1.3 all are.
constexpr auto tls_1_2_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// How long a client may resume a session without proving again who it is.
constexpr long session_seconds = 300;
constexpr std::string_view http_1_1{"\x08http/1.1"};  // as ALPN writes it

struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// OpenSSL's reason for the first error of several, which is the most specific one; empties its queue.
std::string reason() {
    auto error = ERR_peek_error();
    const char* text = ERR_reason_error_string(error);
    std::string reason = text ? text : "the connection broke";
    if (ERR_SYSTEM_ERROR(error)) reason = std::generic_category().message(ERR_GET_REASON(error));
    ERR_clear_error();
    return reason;
}

[[noreturn]] void cannot_use(const std::string& what, const std::string& file) {
    throw std::runtime_error("can't use the " + what + " in " + file + ": " + reason());
}

std::string content_of(const std::string& file) {
    std::ifstream stream{file};
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
}

std::string content_of(const TlsFiles& files) {
    return content_of(files.certificate) + '\0' + content_of(files.key) + '\0' +
           (files.client_ca.empty() ? "" : content_of(files.client_ca));
}

// A client that offers protocols, but not ours, is turned away.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    auto result = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size,
                                        reinterpret_cast<const unsigned char*>(http_1_1.data()),
                                        http_1_1.size(), offered, offered_size);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int no_password(char*, int, int, void*) { return 0; }  // OpenSSL would ask for it at the terminal

void demand_client_certificates(SSL_CTX* context, const std::string& file) {
    auto* names = SSL_load_client_CA_file(file.c_str());
    if (!names || SSL_CTX_load_verify_file(context, file.c_str()) != 1)
        cannot_use("certificates of clients' CA", file);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

Context make_context(const TlsFiles& files) {
    ERR_clear_error();
    Context context{SSL_CTX_new(TLS_server_method())};
    if (!context) throw std::runtime_error("can't use TLS: " + reason());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), tls_1_2_ciphers);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    // Sessions are resumed by tickets, whose key is the context's: after a reload they count no more.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("stagedoor"), 9);
    SSL_CTX_set_timeout(context.get(), session_seconds);
    SSL_CTX_set_default_passwd_cb(context.get(), no_password);

    if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
        cannot_use("certificate", files.certificate);
    auto used = SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!used && ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_X509) cannot_use("key", files.key);
    if (!used || SSL_CTX_check_private_key(context.get()) != 1) {
        ERR_clear_error();
        throw std::runtime_error("the key in " + files.key + " does not belong to the certificate in " +
                                 files.certificate);
    }
    if (!files.client_ca.empty()) demand_client_certificates(context.get(), files.client_ca);
    return context;
}

std::int64_t expiry_of(SSL_CTX* context) {
    std::tm time{};
    const auto* certificate = SSL_CTX_get0_certificate(context);
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return 0;
    return ::timegm(&time);
}

}  // namespace

std::string problem_with(const TlsFiles& files) {
    try {
        (void)make_context(files);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

// ---- TlsSession

TlsSession::~TlsSession() { SSL_free(ssl_); }

TlsProgress TlsSession::progress_of(int result) const {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return TlsProgress::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return TlsProgress::wants_write;
        default:
            return TlsProgress::ended;
    }
}

TlsProgress TlsSession::handshake() {
    ERR_clear_error();
    auto result = SSL_accept(ssl_);
    if (result == 1) return TlsProgress::done;
    auto progress = progress_of(result);
    if (progress != TlsProgress::ended || BIO_number_read(SSL_get_rbio(ssl_)) == 0) return progress;
    failure_ = reason();
    if (auto verified = SSL_get_verify_result(ssl_); verified != X509_V_OK)
        failure_ += std::string{": "} + X509_verify_cert_error_string(verified);
    return progress;
}

TlsProgress TlsSession::read(std::span<char> into, std::size_t& bytes) {
    ERR_clear_error();
    auto result = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
    return result == 1 ? TlsProgress::done : progress_of(result);
}

TlsProgress TlsSession::write(std::string_view from, std::size_t& bytes) {
    ERR_clear_error();
    auto result = SSL_write_ex(ssl_, from.data(), from.size(), &bytes);
    return result == 1 ? TlsProgress::done : progress_of(result);
}

void TlsSession::finish() {
    ERR_clear_error();
    SSL_shutdown(ssl_);  // fails before the end of the handshake and amid a write: nothing is sent
    ERR_clear_error();
}

// ---- TlsContext

TlsContext::TlsContext(TlsFiles files) : files_(std::move(files)) { load(content_of(files_)); }

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

void TlsContext::load(std::string content) {
    auto context = make_context(files_);
    SSL_CTX_free(context_);  // kept alive by the connections that use it
    context_ = context.release();
    content_ = std::move(content);
    expires_ = expiry_of(context_);
}

std::unique_ptr<TlsSession> TlsContext::session(int socket) const {
    auto* ssl = SSL_new(context_);
    if (!ssl) throw std::bad_alloc();
    auto session = std::make_unique<TlsSession>(ssl);
    if (SSL_set_fd(ssl, socket) != 1) throw std::bad_alloc();
    return session;
}

void TlsContext::reload_if_changed() {
    auto content = content_of(files_);
    if (content == content_) {
        rejected_.clear();
        return;
    }
    try {
        load(content);
        rejected_.clear();
        log::info("the TLS certificate was read again", {{"file", files_.certificate}});
    } catch (const std::runtime_error& error) {
        auto seen = rejected_ == content;
        if (seen && !logged_)
            log::error("the new TLS certificate is not used",
                       {{"file", files_.certificate}, {"error", error.what()}});
        logged_ = seen;
        rejected_ = std::move(content);
    }
}

}  // namespace stagedoor::http
