#include "services/expiration/store/schema.hpp"

namespace stagedoor::expiration::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() { return {{"expiration", 1, {first, sizeof first}}}; }

}  // namespace stagedoor::expiration::store
