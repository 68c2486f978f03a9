// All services in one process, each with a SQLite database of its own: what a newcomer gets from one command.

#include "apps/all_services.hpp"
#include "apps/stagedoor/demo.hpp"
#include "apps/stagedoor/grant.hpp"
#include "apps/stagedoor/reconcile.hpp"
#include "common/service/program.hpp"

int main(int argc, char** argv) {
    using namespace stagedoor;
    return run(argc, argv,
               {.name = "stagedoor",
                .services = all_services(),
                .commands = {grant_command(), reconcile_command()},
                .demo = demo::fill});
}
