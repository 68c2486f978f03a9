// A program made of services: options, the data folder, threads, the HTTP server, start and drain.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/service/host.hpp"

namespace stagedoor {

// A further command beside `serve`, e.g. `grant EMAIL ROLE`: runs on the opened services and prints what it
// did.
struct Command {
    std::string name, help;
    std::vector<std::string> arguments;  // names of its positional arguments, all required
    // Gives the exit code.
    std::function<Task<int>(Host& host, const std::vector<std::string>& arguments)> run;
};

struct Program {
    std::string name;
    Deployment deployment = Deployment::one_process;
    std::vector<NamedService> services;
    std::vector<std::string> required = {};  // variables that must be set
    std::vector<Command> commands = {};
    // `serve --demo`: called once the services are ready.
    std::function<Task<>(Host& host, const std::string& data_folder)> demo = nullptr;
};

// The whole of main(): 0 after an orderly end, 1 when it can't start (one line on standard error for each
// problem), 2 for wrong options.
int run(int argc, char** argv, const Program& program);

}  // namespace stagedoor
