// All services in one process, each with a SQLite database of its own: what a newcomer gets from one command.

#include "apps/demo/demo.hpp"
#include "common/service/program.hpp"
#include "services/auth/commands.hpp"
#include "services/auth/service.hpp"
#include "services/client/service.hpp"
#include "services/expiration/service.hpp"
#include "services/notifications/service.hpp"
#include "services/orders/service.hpp"
#include "services/payments/commands.hpp"
#include "services/payments/service.hpp"
#include "services/tickets/service.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor",
                .services = {{"auth", auth::make_service},
                             {"tickets", tickets::make_service},
                             {"orders", orders::make_service},
                             {"expiration", expiration::make_service},
                             {"payments", payments::make_service},
                             {"notifications", notifications::make_service},
                             {"client", client::make_service}},
                .commands = {auth::grant_command(), payments::reconcile_command()},
                .demo = [](Host& host, const std::string& data) {
                    return demo::fill(host.client(), host.clock().now(), data);
                }});
}
