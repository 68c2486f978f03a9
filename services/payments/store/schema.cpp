#include "services/payments/store/schema.hpp"

namespace stagedoor::payments::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"payments", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::payments::store
