// All services in one process, each with a SQLite database of its own.

#include "apps/demo/demo.hpp"
#include "common/service/program.hpp"
#include "services/all_services.hpp"
#include "services/auth/commands.hpp"
#include "services/payments/commands.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor",
                .services = all_services(),
                .commands = {auth::grant_command(), payments::reconcile_command()},
                .demo = [](Host& host, const std::string& data) {
                    return demo::fill(host.client(), host.clock().now(), data);
                }});
}
