// All services in one process: `serve` with a SQLite database for each, `node` as one of several nodes that
// share PostgreSQL databases and NATS.

#include "apps/demo/demo.hpp"
#include "apps/gate/gate.hpp"
#include "common/service/program.hpp"
#include "services/all_services.hpp"
#include "services/auth/commands.hpp"
#include "services/payments/commands.hpp"
#include "services/tickets/commands.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    auto commands = auth::commands();
    commands.push_back(payments::reconcile_command());
    commands.push_back(tickets::import_command(auth::find_user));
    return run(argc, argv,
               {.name = "stagedoor",
                .services = all_services(),
                .commands = std::move(commands),
                .others = {gate::program()},
                .can_be_node = true,
                .demo = [](Host& host, const std::string& data) {
                    return demo::fill(host.client(), host.clock().now(), data);
                }});
}
