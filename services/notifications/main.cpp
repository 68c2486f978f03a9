// notifications as a program of its own.
#include "common/service/program.hpp"
#include "services/notifications/service.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-notifications",
                .deployment = Deployment::own_program,
                .services = {{"notifications", notifications::make_service}},
                .required = {"DATABASE_URL", "NATS_URL", "MAIL_LINK_SECRET"}});
}
