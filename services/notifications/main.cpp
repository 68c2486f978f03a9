// The program stagedoor-notifications.
#include "common/service/program.hpp"
#include "services/notifications/service.hpp"
#include "services/notifications/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-notifications",
                .deployment = Deployment::own_program,
                .services = {{"notifications", notifications::make_service, notifications::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL", "MAIL_LINK_SECRET"}});
}
