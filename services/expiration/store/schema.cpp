#include "services/expiration/store/schema.hpp"

namespace stagedoor::expiration::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};
constexpr char second[] = {
#embed "migrations/002.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() {
    return {{"expiration", 1, {first, sizeof first}}, {"expiration", 2, {second, sizeof second}}};
}

}  // namespace stagedoor::expiration::store
