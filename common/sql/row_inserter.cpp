#include "common/sql/row_inserter.hpp"

#include <span>

namespace stagedoor::sql {

std::string RowInserter::statement_for(std::size_t rows) const {
    auto text = "INSERT INTO " + table_ + " VALUES ";
    for (std::size_t i = 0; i < rows * columns_; ++i) {
        if (i % columns_ == 0) text += i == 0 ? "(" : "), (";
        if (i % columns_ != 0) text += ", ";
        text += "$" + std::to_string(i + 1);
    }
    return text + ") " + on_conflict_;
}

void RowInserter::send(std::size_t rows) {
    if (rows == max_rows && statement_.empty()) statement_ = statement_for(rows);
    std::span all{parameters_};
    tx_.send_with(rows == max_rows ? statement_ : statement_for(rows), all.first(rows * columns_));
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
