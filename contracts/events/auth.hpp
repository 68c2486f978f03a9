// What auth tells about users, their sessions and the keys that tokens are signed with.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <utility>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::contracts {

// Somebody signed up.
struct UserRegistered {
    static constexpr std::string_view subject = "user.registered";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string email;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(UserRegistered, (), (id, email, version))

// The e-mail address is the user's own.
struct UserConfirmed {
    static constexpr std::string_view subject = "user.confirmed";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string email;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(UserConfirmed, (), (id, email, version))

// What a mailed link is for.
enum class LinkPurpose { confirm_email, reset_password };
constexpr auto wire_names(LinkPurpose) {
    return std::array{std::pair{LinkPurpose::confirm_email, std::string_view{"confirm_email"}},
                      std::pair{LinkPurpose::reset_password, std::string_view{"reset_password"}}};
}

// Somebody is to be mailed a link. The token in it is not told: whoever has the secret that auth and
// notifications share makes it of `id` and `purpose` (common/security/link.hpp).
struct LinkIssued {
    static constexpr std::string_view subject = "link.issued";
    static constexpr std::string_view source = "auth";
    LinkId id;
    LinkPurpose purpose = LinkPurpose::confirm_email;
    UserId user_id;
    std::string email;
    Instant expires_at;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(LinkIssued, (), (id, purpose, user_id, email, expires_at, version))

// A session ended before its time; tokens of it are refused until `expires_at`, when they run out by
// themselves.
struct SessionRevoked {
    static constexpr std::string_view subject = "session.revoked";
    static constexpr std::string_view source = "auth";
    SessionId id;
    UserId user_id;
    Instant expires_at;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(SessionRevoked, (), (id, user_id, expires_at, version))

// The user's password changed: tokens that carry an older epoch are refused.
struct EpochRaised {
    static constexpr std::string_view subject = "epoch.raised";
    static constexpr std::string_view source = "auth";
    UserId user_id;
    std::int64_t epoch = 0;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return user_id.text; }
};
BOOST_DESCRIBE_STRUCT(EpochRaised, (), (user_id, epoch, version))

// A public key that tokens will be signed with from `active_at` on (10 minutes after it was told, but for the
// first).
struct KeyAdded {
    static constexpr std::string_view subject = "key.added";
    static constexpr std::string_view source = "auth";
    std::string id;          // `kid` in the token's header
    std::string public_key;  // Ed25519, 32 bytes, base64url
    Instant active_at;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(KeyAdded, (), (id, public_key, active_at, version))

// No token signed with this key is valid any more.
struct KeyRetired {
    static constexpr std::string_view subject = "key.retired";
    static constexpr std::string_view source = "auth";
    std::string id;
    std::int64_t version = 2;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(KeyRetired, (), (id, version))

}  // namespace stagedoor::contracts
