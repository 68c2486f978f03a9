// The admissions service as its own program.
#include "common/service/program.hpp"
#include "services/admissions/service.hpp"
#include "services/admissions/settings.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor-admissions",
                .deployment = Deployment::own_program,
                .services = {{"admissions", admissions::make_service, admissions::settings_group()}},
                .required = {"DATABASE_URL", "NATS_URL", "ADMISSIONS_SECRET"}});
}
