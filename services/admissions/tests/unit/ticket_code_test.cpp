#include "services/admissions/code/ticket_code.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sodium.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/json/read.hpp"
#include "services/admissions/code/base45.hpp"

namespace stagedoor::admissions::code {
namespace {

// An entry of docs/ticket-code-vectors.json.
struct Vector {
    std::string name, text, listing, public_key, expected;
    std::int64_t public_key_id = 0;
    std::optional<std::string> door_key;
    std::optional<Instant> now;
    std::optional<std::int64_t> key_id, generation, shard;
    std::optional<std::string> serial;
};
BOOST_DESCRIBE_STRUCT(Vector, (),
                      (name, text, listing, public_key, expected, public_key_id, door_key, now, key_id,
                       generation, shard, serial))

struct Vectors {
    std::vector<Vector> codes;
};
BOOST_DESCRIBE_STRUCT(Vectors, (), (codes))

std::vector<Vector> vectors() {
    auto root = std::filesystem::path{__FILE__}.parent_path() / "../../../..";
    std::stringstream text;
    text << std::ifstream{root / "docs/ticket-code-vectors.json"}.rdbuf();
    return json::read<Vectors>(json::parse(text.str()).value(), Instant{}).value().codes;
}

std::array<unsigned char, 32> key_from_hex(const std::string& text) {
    std::array<unsigned char, 32> key{};
    EXPECT_EQ(sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, nullptr, nullptr), 0);
    return key;
}

std::string result_of(const Vector& vector) {
    auto code = parse(vector.text);
    if (!code) return "malformed";
    if (code->listing_tag != listing_tag(vector.listing)) return "wrong listing";
    if (code->key_id != vector.public_key_id ||
        !verify(*code, vector.listing, key_from_hex(vector.public_key)))
        return "forged";
    if (!vector.door_key) return "valid";
    auto secret = pass_secret(key_from_hex(*vector.door_key), code->serial, code->generation);
    return code->rotation && is_current(*code->rotation, secret, vector.now.value()) ? "valid" : "expired";
}

TEST(TicketCode, reads_the_documented_vectors) {
    auto all = vectors();
    ASSERT_GE(all.size(), 20U);
    for (const auto& vector : all) {
        SCOPED_TRACE(vector.name);
        EXPECT_EQ(result_of(vector), vector.expected);
        auto code = parse(vector.text);
        if (!code) continue;
        EXPECT_EQ(encode(*code), vector.text);
        EXPECT_EQ(code->key_id, vector.key_id);
        EXPECT_EQ(to_hex(code->serial), vector.serial);
        EXPECT_EQ(code->generation, vector.generation);
        EXPECT_EQ(shard_of(code->serial), vector.shard);
    }
}

TEST(TicketCode, fits_a_small_qr_code) {
    auto code = TicketCode{};
    EXPECT_EQ(encode(code).size(), 120U);  // of 122 that version 5-M holds
    code.rotation.emplace();
    EXPECT_EQ(encode(code).size(), 138U);  // of 154 that version 6-M holds
}

TEST(TicketCode, does_not_verify_once_any_bit_has_changed) {
    ASSERT_GE(sodium_init(), 0);
    security::SigningKey key;
    crypto_sign_keypair(key.public_key.data(), key.secret_key.data());
    auto bytes = from_base45(encode(sign("listing", 1, {}, 1, key))).value();
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
        auto changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
        auto code = parse(to_base45(changed));
        EXPECT_FALSE(code && verify(*code, "listing", key.public_key)) << bit;
    }
}

// The second listing has the tag of the first, but not its id.
TEST(TicketCode, is_bound_to_the_whole_id_of_its_listing) {
    security::SigningKey key;
    crypto_sign_keypair(key.public_key.data(), key.secret_key.data());
    auto code = sign("listing", 1, {}, 1, key);
    code.listing_tag = listing_tag("other");
    EXPECT_FALSE(verify(code, "other", key.public_key));
}

TEST(Serial, is_16_lowercase_hexadecimal_digits) {
    EXPECT_EQ(to_hex(serial_from_hex("00ff10203040a0b0").value()), "00ff10203040a0b0");
    for (const auto* text :
         {"", "00ff10203040a0b", "00ff10203040a0b00", "00FF10203040A0B0", "00ff10203040a0bg"})
        EXPECT_FALSE(serial_from_hex(text)) << text;
}

// RFC 9285, 4.3 and 4.4.
TEST(Base45, is_that_of_the_rfc) {
    EXPECT_EQ(to_base45("AB"), "BB8");
    EXPECT_EQ(to_base45("Hello!!"), "%69 VD92EX0");
    EXPECT_EQ(to_base45("base-45"), "UJCLQE7W581");
    EXPECT_EQ(from_base45("QED8WEX0"), "ietf!");
    for (const auto* text : {"GGW", "A", "BB8A", ":::", "::", "bb8", "BB\x80"})
        EXPECT_FALSE(from_base45(text)) << text;
}

RC_GTEST_PROP(Base45, returns_the_bytes_it_was_given, (const std::string& bytes)) {
    RC_ASSERT(from_base45(to_base45(bytes)) == bytes);
}

RC_GTEST_PROP(Base45, has_one_text_per_value, ()) {
    auto text = *rc::gen::container<std::string>(rc::gen::element('0', 'A', 'Z', ' ', ':', 'F', 'G', 'W'));
    auto bytes = from_base45(text);
    if (bytes) RC_ASSERT(to_base45(*bytes) == text);
}

}  // namespace
}  // namespace stagedoor::admissions::code
