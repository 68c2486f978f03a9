// OpenSSL's objects, freed at the end of their scope, and its errors as exceptions.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace stagedoor::admissions::wallet {

template <auto Free>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;

// Throws std::runtime_error, with OpenSSL's reason, unless `ok`.
void require(bool ok, const std::string& what);
// Valid as long as `text` is.
[[nodiscard]] Bio bio_of(std::string_view text);
// PEM; throws std::runtime_error for anything else, or if it needs a password.
[[nodiscard]] PrivateKey read_private_key(std::string_view pem);
[[nodiscard]] Certificate read_certificate(std::string_view pem);

}  // namespace stagedoor::admissions::wallet
