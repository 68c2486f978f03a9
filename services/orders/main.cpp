// orders as a program of its own.
#include "common/service/program.hpp"
#include "services/orders/service.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-orders",
                .deployment = Deployment::own_program,
                .services = {{"orders", orders::make_service}},
                .required = {"DATABASE_URL", "NATS_URL"}});
}
