// The standalone auth program.
#include "common/service/program.hpp"
#include "services/auth/commands.hpp"
#include "services/auth/service.hpp"
#include "services/auth/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-auth",
                .deployment = Deployment::own_program,
                .services = {{"auth", auth::make_service, auth::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL", "JWT_KEY_SECRET", "MAIL_LINK_SECRET"},
                .commands = auth::commands()});
}
