#include "services/auth/store/schema.hpp"

namespace stagedoor::auth::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"auth", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::auth::store
