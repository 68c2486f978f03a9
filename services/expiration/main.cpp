// The standalone expiration program.
#include "common/service/program.hpp"
#include "services/expiration/service.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-expiration",
                .deployment = Deployment::own_program,
                .services = {{"expiration", expiration::make_service}},
                .required = {"DATABASE_URL", "NATS_URL"}});
}
