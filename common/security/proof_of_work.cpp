#include "common/security/proof_of_work.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <bit>
#include <chrono>
#include <stdexcept>

namespace stagedoor::security {
namespace {

constexpr std::int64_t period_ms = std::chrono::milliseconds{std::chrono::minutes{10}}.count();

std::string challenge_of(std::int64_t period, std::string_view what, std::string_view who) {
    return fmt::format("stagedoor {} {} {}", what, who, period);
}

bool solves(std::string_view proof, const std::string& challenge) {
    std::array<unsigned char, 32> hash{};
    auto ok = PKCS5_PBKDF2_HMAC(proof.data(), static_cast<int>(proof.size()),
                                reinterpret_cast<const unsigned char*>(challenge.data()),
                                static_cast<int>(challenge.size()), proof_iterations, EVP_sha256(),
                                static_cast<int>(hash.size()), hash.data());
    if (ok != 1) throw std::runtime_error("OpenSSL can't compute PBKDF2");
    auto first = (unsigned{hash[0]} << 24) | (unsigned{hash[1]} << 16) | (unsigned{hash[2]} << 8) | hash[3];
    return std::countl_zero(first) >= proof_zero_bits;
}

}  // namespace

std::string challenge_for(std::string_view what, std::string_view who, Instant now) {
    return challenge_of(now.milliseconds / period_ms, what, who);
}

bool is_proof(std::string_view proof, std::string_view what, std::string_view who, Instant now) {
    if (proof.empty() || proof.size() > max_proof_length) return false;
    auto period = now.milliseconds / period_ms;
    return solves(proof, challenge_of(period, what, who)) ||
           solves(proof, challenge_of(period - 1, what, who));
}

}  // namespace stagedoor::security
