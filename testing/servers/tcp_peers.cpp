#include "testing/servers/tcp_peers.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/write.hpp>
#include <fstream>

namespace stagedoor::outbound::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

template <auto Free>
struct FreedBy {
    void operator()(auto* object) const { Free(object); }
};

void add_extension(X509* certificate, int kind, const char* value) {
    std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value)};
    X509_add_ext(certificate, extension.get(), -1);
}

}  // namespace

Certificate::Certificate() {
    std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>> key{EVP_EC_gen("P-256")};
    std::unique_ptr<X509, FreedBy<X509_free>> certificate{X509_new()};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1");
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    auto* out = BIO_new_file(file().c_str(), "w");
    PEM_write_bio_X509(out, certificate.get());
    BIO_free(out);
    SSL_CTX_use_certificate(tls_.native_handle(), certificate.get());
    SSL_CTX_use_PrivateKey(tls_.native_handle(), key.get());
}

Wire::Wire(tcp::socket& socket, Certificate* certificate) : socket_(socket), certificate_(certificate) {}

void Wire::start_tls() {
    tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, certificate_->tls());
    boost::system::error_code error;
    tls_->handshake(asio::ssl::stream_base::server, error);
    ended_ = ended_ || error;
}

bool Wire::fill() {
    std::array<char, 16384> bytes{};
    boost::system::error_code error;
    auto size =
        tls_ ? tls_->read_some(asio::buffer(bytes), error) : socket_.read_some(asio::buffer(bytes), error);
    input_.append(bytes.data(), size);
    ended_ = ended_ || error;
    return !ended_;
}

std::string Wire::line() {
    auto end = std::string::npos;
    while ((end = input_.find("\r\n")) == std::string::npos) {
        if (ended_ || !fill()) return {};
    }
    auto line = input_.substr(0, end);
    input_.erase(0, end + 2);
    return line;
}

void Wire::receive(std::size_t bytes) {
    while (input_.size() < bytes) {
        if (ended_ || !fill()) return;
    }
    input_.erase(0, bytes);
}

void Wire::receive_request() {
    constexpr std::string_view length = "Content-Length: ";
    std::size_t body = 0;
    for (auto header = line(); !header.empty(); header = line()) {
        if (header.starts_with(length)) body = std::stoul(header.substr(length.size()));
    }
    receive(body);
}

void Wire::send(std::string_view text) {
    if (ended_) return;
    boost::system::error_code error;
    if (tls_)
        asio::write(*tls_, asio::buffer(text), error);
    else
        asio::write(socket_, asio::buffer(text), error);
    ended_ = ended_ || error;
}

Peer::Peer(std::function<void(Wire&)> serve, Certificate* certificate)
    : thread_([this, serve = std::move(serve), certificate] {
          for (;;) {
              boost::system::error_code error;
              auto socket = acceptor_.accept(error);
              if (error) return;
              socket.set_option(tcp::no_delay{true});
              ++connections_;
              connection_threads_.emplace_back([serve, certificate, socket = std::move(socket)]() mutable {
                  Wire wire{socket, certificate};
                  serve(wire);
              });
          }
      }) {}

Peer::~Peer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends the accept()
    thread_.join();
}

std::string Peer::url(const std::string& scheme, const std::string& path) const {
    return scheme + "://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
}

}  // namespace stagedoor::outbound::test
