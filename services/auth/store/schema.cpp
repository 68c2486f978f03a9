#include "services/auth/store/schema.hpp"

namespace stagedoor::auth::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};
constexpr char second[] = {
#embed "migrations/002.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() {
    return {{"auth", 1, {first, sizeof first}}, {"auth", 2, {second, sizeof second}}};
}

}  // namespace stagedoor::auth::store
