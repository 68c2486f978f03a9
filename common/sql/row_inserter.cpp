#include "common/sql/row_inserter.hpp"

#include <span>

namespace stagedoor::sql {
namespace {

std::string insert_statement(const std::string& table, std::size_t columns, std::size_t rows) {
    auto text = "INSERT INTO " + table + " VALUES ";
    for (std::size_t i = 0; i < rows * columns; ++i) {
        if (i % columns == 0) text += i == 0 ? "(" : "), (";
        if (i % columns != 0) text += ", ";
        text += "$" + std::to_string(i + 1);
    }
    return text + ")";
}

}  // namespace

void RowInserter::send(std::size_t rows) {
    if (rows == max_rows && statement_.empty()) statement_ = insert_statement(table_, columns_, rows);
    std::span all{parameters_};
    tx_.send_with(rows == max_rows ? statement_ : insert_statement(table_, columns_, rows),
                  all.first(rows * columns_));
    parameters_.erase(parameters_.begin(),
                      parameters_.begin() + static_cast<std::ptrdiff_t>(rows * columns_));
}

// In statements of 64, 8 and 1 rows: one for each number of rows would be too many to keep prepared.
void RowInserter::flush() {
    for (auto rows = max_rows / fewer; !parameters_.empty(); rows /= fewer) {
        while (parameters_.size() >= rows * columns_) send(rows);
    }
}

}  // namespace stagedoor::sql
