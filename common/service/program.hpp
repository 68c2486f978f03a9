// A program made of services: options, data folder, threads, HTTP servers, start and drain.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/service/host.hpp"
#include "common/service/service.hpp"

namespace stagedoor {

// An option of a command.
struct CommandOption {
    std::string flag, help;                 // "--report"
    bool takes_value = true;                // in a word of its own
    std::vector<std::string> choices = {};  // of its value; none: any
};

// A command beside `serve`, e.g. `grant EMAIL ROLE`: runs on the opened services and prints what it did.
struct Command {
    std::string name, help;
    std::vector<std::string> arguments;  // names of its positional arguments, all required
    // Returns the exit code. Gets the positional arguments, then the value of each option: "" if it is not
    // given, and the flag itself for one without value.
    std::function<Task<int>(Host& host, const std::vector<std::string>& arguments)> run;
    std::vector<CommandOption> options = {};
    std::map<std::string, std::vector<std::string>> choices = {};  // of positional arguments; none: any value
};

// Another program in the same executable: `stagedoor gate …`, with options of its own.
struct OtherProgram {
    std::string name, help;
    std::function<int(const std::vector<std::string>& arguments)> run;
};

struct Program {
    std::string name;
    Deployment deployment = Deployment::one_process;
    std::vector<NamedService> services;
    std::vector<std::string> required = {};  // variables that must be set
    std::vector<std::string> calls = {};     // services in other programs that it sends requests to
    std::vector<Command> commands = {};
    std::vector<OtherProgram> others = {};
    bool can_be_node = false;  // has the command `node`, too: all services on PostgreSQL and NATS
    // For `serve --demo`: called when the services are ready.
    std::function<Task<>(Host& host, const std::string& data_folder)> demo = nullptr;
};

// All of main(). Returns 0 after an orderly stop, the exit code of a command, 1 if the program can't start,
// 2 for invalid options or settings; each problem is one line on standard error.
int run(int argc, char** argv, const Program& program);

}  // namespace stagedoor
