// The orders service as its own program.
#include "common/service/program.hpp"
#include "services/orders/service.hpp"
#include "services/orders/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-orders",
                .deployment = Deployment::own_program,
                .services = {{"orders", orders::make_service, orders::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL"}});
}
