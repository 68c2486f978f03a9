#include "services/auth/commands.hpp"

#include <iostream>

#include "services/auth/service.hpp"

namespace stagedoor::auth {

Command grant_command() {
    auto grant = [](Host& host, const std::vector<std::string>& arguments) -> Task<int> {
        const auto &email = arguments.at(0), &role = arguments.at(1);
        auto known =
            co_await host.database("auth").write([&](sql::Tx& tx) { return auth::grant(tx, email, role); });
        if (!known) {
            std::cerr << "no user has the email " << email << std::endl;
            co_return 1;
        }
        std::cout << email << " has the role " << role << " from the next sign-in" << std::endl;
        co_return 0;
    };
    return {.name = "grant",
            .help = "give a user a role, e.g. admin (one-process mode: stop the server first)",
            .arguments = {"email", "role"},
            .run = grant};
}

}  // namespace stagedoor::auth
