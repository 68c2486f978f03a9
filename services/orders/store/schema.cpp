#include "services/orders/store/schema.hpp"

namespace stagedoor::orders::store {
namespace {

constexpr char first[] = {
#embed "migrations/001.sql"
};
constexpr char second[] = {
#embed "migrations/002.sql"
};

}  // namespace

std::vector<sql::Migration> migrations() {
    return {{"orders", 1, {first, sizeof first}}, {"orders", 2, {second, sizeof second}}};
}

}  // namespace stagedoor::orders::store
