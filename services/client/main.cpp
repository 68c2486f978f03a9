// The program stagedoor-client.
#include "common/service/program.hpp"
#include "services/client/service.hpp"
#include "services/client/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-client",
                .deployment = Deployment::own_program,
                .services = {{"client", client::make_service, client::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL", "AUTH_URL", "TICKETS_URL", "ORDERS_URL",
                             "PAYMENTS_URL", "ADMISSIONS_URL"},
                .calls = {"auth", "tickets", "orders", "payments", "admissions"}});
}
