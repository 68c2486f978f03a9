#include "simulation/model/direct_databases.hpp"

namespace stagedoor::simulation {

std::vector<testing::Row> DirectDatabases::query(const std::string& name, const std::string& statement) {
    ++queries_;
    auto& server = marketplace_.database(name);
    auto& [process, reader] = readers_[name];
    if (!reader || process != server.process()) {
        reader.reset();
        reader = std::make_unique<DirectReader>(server.path());
        process = server.process();
    }
    return reader->query(statement);
}

}  // namespace stagedoor::simulation
