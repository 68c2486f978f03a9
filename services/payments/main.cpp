// payments as a program of its own.
#include "common/service/program.hpp"
#include "services/payments/commands.hpp"
#include "services/payments/service.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-payments",
                .deployment = Deployment::own_program,
                .services = {{"payments", payments::make_service}},
                .required = {"DATABASE_URL", "NATS_URL"},
                .commands = {payments::reconcile_command()}});
}
