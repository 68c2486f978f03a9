#include "simulation/model/database_reader.hpp"

namespace stagedoor::simulation {

std::vector<testing::Row> DatabasesBeside::query(const std::string& name, const std::string& statement) {
    ++asked_;
    auto& server = marketplace_.database(name);
    auto& [life, reader] = readers_[name];
    if (!reader || life != server.life()) {
        reader.reset();
        reader = std::make_unique<BesideReader>(server.path());
        life = server.life();
    }
    return reader->query(statement);
}

}  // namespace stagedoor::simulation
