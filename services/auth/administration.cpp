#include "services/auth/administration.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "services/auth/key_ring.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {
namespace {

// For the rest of the transaction nobody else changes the user.
std::optional<store::Identity> locked(sql::Tx& tx, std::string_view who) {
    auto known = store::identity(tx, UserId{std::string{who}});
    auto address = parse_email(known ? known->email : std::string{who});
    auto user = address ? store::lock_user(tx, *address) : std::nullopt;
    return user ? store::identity(tx, user->id) : std::nullopt;
}

void end_sessions(sql::Tx& tx, const UserId& user, security::Sessions& sessions) {
    store::end_sessions(tx, user);
    reject_older_tokens(tx, sessions, store::raise_epoch(tx, user));
}

}  // namespace

std::optional<UserId> grant(sql::Tx& tx, std::string_view who, std::string_view role) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    auto roles = user->role_list();
    if (std::ranges::find(roles, role) == roles.end()) roles.emplace_back(role);
    store::set_roles(tx, user->id, fmt::format("{}", fmt::join(roles, ",")));
    return user->id;
}

std::optional<UserId> revoke(sql::Tx& tx, std::string_view who, std::string_view role,
                             security::Sessions& sessions) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    auto roles = user->role_list();
    if (std::erase(roles, role) == 0) return user->id;
    store::set_roles(tx, user->id, fmt::format("{}", fmt::join(roles, ",")));
    end_sessions(tx, user->id, sessions);
    return user->id;
}

std::optional<UserId> end_all_sessions(sql::Tx& tx, std::string_view who, security::Sessions& sessions) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    end_sessions(tx, user->id, sessions);
    return user->id;
}

std::optional<UserId> disable(sql::Tx& tx, std::string_view who, security::Sessions& sessions) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    store::set_disabled(tx, user->id, true);
    end_sessions(tx, user->id, sessions);
    return user->id;
}

std::optional<UserId> enable(sql::Tx& tx, std::string_view who) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    store::set_disabled(tx, user->id, false);
    return user->id;
}

std::optional<UserId> remove_name(sql::Tx& tx, std::string_view who) {
    auto user = locked(tx, who);
    if (!user) return std::nullopt;
    store::set_seller_name(tx, user->id, "");
    return user->id;
}

std::vector<std::string> retire_key(sql::Tx& tx, std::string_view id, const NewKeys& next,
                                    security::Sessions& sessions) {
    auto retired =
        store::replace_keys(tx, id == "all" ? std::nullopt : std::optional{id}, next.signing, sessions);
    if (!retired.empty()) store::replace_sealed_secret(tx, device_key_name, next.device);
    return retired;
}

}  // namespace stagedoor::auth
