#include "services/admissions/wallet/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

namespace stagedoor::admissions::wallet {
namespace {

// Otherwise OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

void require(bool ok, const std::string& what) {
    auto code = ERR_get_error();
    ERR_clear_error();
    if (ok) return;
    const auto* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    throw std::runtime_error(reason ? what + ": " + reason : what);
}

Bio bio_of(std::string_view text) {
    Bio bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    require(bio != nullptr, "out of memory");
    return bio;
}

PrivateKey read_private_key(std::string_view pem) {
    PrivateKey key{PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, no_password, nullptr)};
    require(key != nullptr, "not a private key in PEM without a password");
    return key;
}

Certificate read_certificate(std::string_view pem) {
    Certificate certificate{PEM_read_bio_X509(bio_of(pem).get(), nullptr, no_password, nullptr)};
    require(certificate != nullptr, "not a certificate in PEM");
    return certificate;
}

}  // namespace stagedoor::admissions::wallet
