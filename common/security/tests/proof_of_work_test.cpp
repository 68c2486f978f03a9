#include "common/security/proof_of_work.hpp"

#include <gtest/gtest.h>

namespace stagedoor::security {
namespace {

using namespace std::chrono_literals;

const auto now = Instant::parse("2026-05-02T17:34:00Z").value();

std::string proof_of(std::string_view who, Instant when) {
    for (int i = 0;; ++i) {
        auto proof = std::to_string(i);
        if (is_proof(proof, "hold", who, when) && is_proof(proof, "hold", who, when + 10min)) return proof;
    }
}

// By Python: hashlib.pbkdf2_hmac("sha256", b"1151", b"stagedoor hold buyer 2962905", 1000)
TEST(ProofOfWork, is_found_by_other_programs) {
    EXPECT_EQ(challenge_for("hold", "buyer", now), "stagedoor hold buyer 2962905");
    EXPECT_TRUE(is_proof("1151", "hold", "buyer", now));
}

TEST(ProofOfWork, is_for_one_purpose_and_one_caller) {
    auto proof = proof_of("buyer", now);
    EXPECT_FALSE(is_proof(proof, "hold", "other", now));
    EXPECT_FALSE(is_proof(proof, "sign-up", "buyer", now));
}

TEST(ProofOfWork, is_accepted_for_ten_minutes_at_least_and_twenty_at_most) {
    auto proof = proof_of("buyer", now);
    EXPECT_TRUE(is_proof(proof, "hold", "buyer", now + 10min));
    EXPECT_FALSE(is_proof(proof, "hold", "buyer", now + 20min));
}

TEST(ProofOfWork, is_a_short_text) {
    for (const auto& text : {std::string{}, std::string(65, '0'), std::string(1 << 20, 'x')})
        EXPECT_FALSE(is_proof(text, "hold", "buyer", now));
}

}  // namespace
}  // namespace stagedoor::security
