#include "services/orders/store/schema.hpp"

namespace stagedoor::orders::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"orders", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::orders::store
