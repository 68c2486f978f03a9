#include "services/tickets/store/schema.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"tickets", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::tickets::store
