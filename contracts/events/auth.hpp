// Events of auth: users, their sessions, and the keys that sign tokens.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <utility>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::contracts {

// A user signed up.
struct UserRegistered {
    static constexpr std::string_view subject = "user.registered";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string email;
    std::int64_t version = 0;
    // A language tag such as "de": of the page where the user signed up. Absent in events from before there
    // were languages; one that the subscriber doesn't know counts as absent, too.
    std::optional<std::string> language = {};
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(UserRegistered, (), (id, email, version, language))

// The user has chosen the language of pages and emails.
struct UserLanguageChosen {
    static constexpr std::string_view subject = "user.language_chosen";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string language;  // a language tag, as above
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(UserLanguageChosen, (), (id, language, version))

// The user confirmed their email address.
struct UserConfirmed {
    static constexpr std::string_view subject = "user.confirmed";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string email;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(UserConfirmed, (), (id, email, version))

// A user has chosen the name that buyers see, or taken it away. An entity of its own, so that services which
// show names don't receive users' other events, which have addresses.
struct SellerNamed {
    static constexpr std::string_view subject = "seller.named";
    static constexpr std::string_view source = "auth";
    UserId id;
    std::string name;  // empty: none
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(SellerNamed, (), (id, name, version))

// What a link in an email is for.
enum class LinkPurpose { confirm_email, reset_password };
constexpr auto wire_names(LinkPurpose) {
    return std::array{std::pair{LinkPurpose::confirm_email, std::string_view{"confirm_email"}},
                      std::pair{LinkPurpose::reset_password, std::string_view{"reset_password"}}};
}

// A link is to be emailed to a user. The event does not contain its token: notifications derives it from `id`
// and `purpose` with a secret that it shares with auth (common/security/link.hpp).
struct LinkIssued {
    static constexpr std::string_view subject = "link.issued";
    static constexpr std::string_view source = "auth";
    LinkId id;
    LinkPurpose purpose = LinkPurpose::confirm_email;
    UserId user_id;
    std::string email;
    Instant expires_at;
    std::int64_t version = 1;
    std::optional<std::string> language = {};  // the user's, as in user.registered
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(LinkIssued, (), (id, purpose, user_id, email, expires_at, version, language))

// A session ended early: its tokens are rejected until `expires_at`, when the last of them has expired.
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

// The user's password changed: tokens with an older epoch are rejected.
struct EpochRaised {
    static constexpr std::string_view subject = "epoch.raised";
    static constexpr std::string_view source = "auth";
    UserId user_id;
    std::int64_t epoch = 0;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return user_id.text; }
};
BOOST_DESCRIBE_STRUCT(EpochRaised, (), (user_id, epoch, version))

// A new key signs tokens from `active_at` on: 10 minutes after this event, except for the first key.
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

// Tokens signed with this key are no longer valid.
struct KeyRetired {
    static constexpr std::string_view subject = "key.retired";
    static constexpr std::string_view source = "auth";
    std::string id;
    std::int64_t version = 2;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(KeyRetired, (), (id, version))

}  // namespace stagedoor::contracts
