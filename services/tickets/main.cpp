// The standalone tickets program.
#include "common/service/program.hpp"
#include "services/tickets/commands.hpp"
#include "services/tickets/service.hpp"
#include "services/tickets/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-tickets",
                .deployment = Deployment::own_program,
                .services = {{"tickets", tickets::make_service, tickets::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL"},
                .commands = {tickets::import_command()}});
}
