// No input crashes the token parser, and no token passes that was not signed with our key.
#include <cstdlib>

#include "common/security/token.hpp"

using namespace stagedoor;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static runtime::SeededRandom random{1};
    static const auto key = security::new_signing_key(random);
    static const security::Claims claims{.user = UserId{"u1"},
                                         .email = "ada@example.com",
                                         .session = SessionId{"s1"},
                                         .epoch = 0,
                                         .roles = {},
                                         .issued_at = Instant{1'767'268'800'000},
                                         .expires_at = Instant{1'767'355'200'000}};
    static const auto genuine = security::sign_token(claims, key);

    std::string_view token{reinterpret_cast<const char*>(data), size};
    auto key_id = security::key_id_of(token);
    auto claims_found = security::verify_token(token, key.public_key);
    if (claims_found && (token != genuine || key_id != key.id)) std::abort();
    auto decoded = security::from_base64url(token);
    if (decoded && security::base64url(*decoded) != token)
        std::abort();  // one text per value: tokens are not malleable
    return 0;
}
