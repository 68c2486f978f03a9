#include "services/auth/commands.hpp"

#include <fmt/ranges.h>

#include <iostream>

#include "services/auth/administration.hpp"
#include "services/auth/key_ring.hpp"
#include "services/auth/settings.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {
namespace {

using Arguments = std::vector<std::string>;
using Change = std::function<std::optional<UserId>(sql::Tx&, const Arguments&, security::Sessions&)>;

// `done` is what it prints, with {0} for the user and {1} for the role. `event`: in the security log.
Command user_command(std::string name, std::string help, Arguments arguments, Change change, std::string done,
                     security::SecurityEvent event) {
    auto run = [name, event, change = std::move(change), done = std::move(done)](
                   Host& host, const Arguments& given) -> Task<int> {
        // The running programs learn of it from the events.
        security::Sessions sessions{host.clock(), false};
        const auto& audit = host.audit();
        auto entry = audit.entry(security::actor_of_command(), name, "");
        auto known = co_await host.database("auth").write([&](sql::Tx& tx) {
            auto user = change(tx, given, sessions);
            if (!user) return false;
            entry.subject = "user " + user->text + (given.size() > 1 ? " role " + given.at(1) : "");
            audit.record(tx, entry, event);
            return true;
        });
        if (!known) {
            std::cerr << "no user has the id or email " << given.at(0) << std::endl;
            co_return 1;
        }
        std::cout << fmt::format(fmt::runtime(done), given.at(0), given.back()) << std::endl;
        co_return 0;
    };
    return {.name = std::move(name),
            .help = std::move(help) + " (one-process mode: stop the server first)",
            .arguments = std::move(arguments),
            .run = std::move(run)};
}

Task<int> run_retire_key(Host& host, const Arguments& given) {
    const auto& id = given.at(0);
    auto& db = host.database("auth");
    // Without the previous secret: what the running programs can't open would leave them without a key.
    KeyRing ring{host.settings_of<Settings>("auth").jwt_key_secret};
    ring.load(co_await db.read([](sql::Tx& tx) { return store::keys(tx); }),
              co_await db.read([](sql::Tx& tx) { return store::sealed_secret(tx, device_key_name); }));
    auto now = host.clock().now();
    NewKeys next{ring.make(0, now, now, host.random()), ring.make_device_key(host.random())};
    security::Sessions sessions{host.clock(), false};
    const auto& audit = host.audit();
    auto entry = audit.entry(security::actor_of_command(), "retire-key", "");
    auto retired = co_await db.write([&](sql::Tx& tx) {
        auto ids = retire_key(tx, id, next, sessions);
        if (ids.empty()) return ids;
        entry.subject = "signing key " + fmt::format("{}", fmt::join(ids, ", "));
        audit.record(tx, entry, security::SecurityEvent::key_changed);
        return ids;
    });
    if (retired.empty()) {
        std::cerr << "no signing key in use has the id " << id << "; /api/users/jwks.json lists them"
                  << std::endl;
        co_return 1;
    }
    std::cout << fmt::format("{}", fmt::join(retired, ", "))
              << " withdrawn: whoever has signed in with it must sign in again\n"
              << next.signing.id << " signs from now on" << std::endl;
    co_return 0;
}

Command retire_key_command() {
    return {.name = "retire-key",
            .help =
                "withdraw a signing key that may be stolen, at once; 'all' withdraws every one "
                "(one-process mode: stop the server first)",
            .arguments = {"id"},
            .run = run_retire_key};
}

Task<int> run_user(Host& host, const Arguments& given) {
    auto user = co_await find_user(host, given.at(0));
    if (!user) {
        std::cerr << "no user has the id or email " << given.at(0) << std::endl;
        co_return 1;
    }
    std::cout << user->text << std::endl;
    co_return 0;
}

Command id_command() {
    return {.name = "user",
            .help = "print the id of a user (one-process mode: stop the server first)",
            .arguments = {"email"},
            .run = run_user};
}

}  // namespace

Task<std::optional<UserId>> find_user(Host& host, const std::string& id_or_email) {
    co_return co_await host.database("auth").read([&](sql::Tx& tx) -> std::optional<UserId> {
        if (auto user = store::identity(tx, UserId{id_or_email})) return user->id;
        auto email = parse_email(id_or_email);
        auto user = email ? store::password_of(tx, *email) : std::nullopt;
        return user ? std::optional{user->id} : std::nullopt;
    });
}

std::vector<Command> commands() {
    using enum security::SecurityEvent;
    return {
        user_command(
            "grant", "give a user a role, e.g. admin", {"email", "role"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions&) {
                return grant(tx, given.at(0), given.at(1));
            },
            "{0} has the role {1} from the next sign-in", role_changed),
        user_command(
            "revoke", "take a role from a user and end their sessions", {"email", "role"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions& sessions) {
                return revoke(tx, given.at(0), given.at(1), sessions);
            },
            "{0} no longer has the role {1}", role_changed),
        user_command(
            "disable", "end a user's sessions and keep them from signing in", {"email"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions& sessions) {
                return disable(tx, given.at(0), sessions);
            },
            "{0} is disabled", admin_action),
        user_command(
            "enable", "let a disabled user sign in again", {"email"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions&) { return enable(tx, given.at(0)); },
            "{0} can sign in", admin_action),
        user_command(
            "end-sessions", "sign a user out everywhere", {"email"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions& sessions) {
                return end_all_sessions(tx, given.at(0), sessions);
            },
            "{0} is signed out everywhere", session_ended),
        user_command(
            "remove-name", "take away the name that buyers see", {"email"},
            [](sql::Tx& tx, const Arguments& given, security::Sessions&) {
                return remove_name(tx, given.at(0));
            },
            "{0} has no name until the seller chooses another one", admin_action),
        retire_key_command(),
        id_command(),
    };
}

}  // namespace stagedoor::auth
