#include "apps/simulate/beside.hpp"

namespace stagedoor::simulate {

std::vector<driving::Row> DatabasesBeside::query(const std::string& name, const std::string& statement) {
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

}  // namespace stagedoor::simulate
