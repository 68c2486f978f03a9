// The payments service as its own program.
#include "common/service/program.hpp"
#include "services/payments/commands.hpp"
#include "services/payments/service.hpp"
#include "services/payments/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-payments",
                .deployment = Deployment::own_program,
                .services = {{"payments", payments::make_service, payments::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL"},
                .commands = {payments::reconcile_command()}});
}
