#include "simulation/servers/plain_passwords.hpp"

#include <sodium.h>

#include <cstddef>

namespace stagedoor::simulation {
namespace {

class PlainPasswords final : public security::Passwords {
  public:
    Task<std::string> hash(std::string password) override { co_return hashed(password); }
    Task<bool> matches(std::string password, std::string hash) override {
        co_return hashed(password) == hash;
    }
    void close() override {}

  private:
    static std::string hashed(const std::string& password) { return "not hashed: " + password; }
};

}  // namespace

std::unique_ptr<security::Passwords> make_plain_passwords() { return std::make_unique<PlainPasswords>(); }

}  // namespace stagedoor::simulation

// Replaces libsodium's Argon2id, by which keys are derived from secrets (common/security/sealed.cpp): another
// secret or salt still gives another key, but at once instead of after 30 ms. A replica derives several each
// time that it starts.
extern "C" int crypto_pwhash(unsigned char* const key, unsigned long long size, const char* const secret,
                             unsigned long long secret_size, const unsigned char* const salt,
                             unsigned long long /*passes*/, std::size_t /*memory*/, int /*algorithm*/) {
    static_assert(crypto_generichash_blake2b_SALTBYTES == crypto_pwhash_SALTBYTES);
    return crypto_generichash_blake2b_salt_personal(key, size, reinterpret_cast<const unsigned char*>(secret),
                                                    secret_size, nullptr, 0, salt, nullptr);
}
