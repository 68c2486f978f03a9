#include "services/notifications/store/schema.hpp"

namespace stagedoor::notifications::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"notifications", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::notifications::store
