// Inserts many rows into a table with few statements: each statement costs far more than a row, on PostgreSQL
// always, on SQLite where triggers write to a full-text index, which flushes what it has before each.
#pragma once

#include <string>
#include <vector>

#include "common/sql/tx.hpp"

namespace stagedoor::sql {

class RowInserter {
  public:
    // `table` with its columns: "outbox(type, entity_id)". `on_conflict`: "ON CONFLICT …".
    RowInserter(Tx& tx, std::string_view table, std::string_view on_conflict = "")
        : tx_(tx), table_(table), on_conflict_(on_conflict) {}

    // The value of each column. Texts must live until flush(). Errors are thrown as by Tx::send.
    template <class... A>
    void add(const A&... values) {
        columns_ = sizeof...(A);
        (parameters_.push_back(parameter(values)), ...);
        if (parameters_.size() == columns_ * max_rows) send(max_rows);
    }
    // Inserts the rows that are left. To be called at the end.
    void flush();

  private:
    // SQLite takes 32,766 parameters in a statement.
    static constexpr std::size_t max_rows = 512, fewer = 8;

    [[nodiscard]] std::string statement_for(std::size_t rows) const;
    void send(std::size_t rows);

    Tx& tx_;
    std::string table_, on_conflict_;
    std::size_t columns_ = 0;
    std::vector<Parameter> parameters_;
    std::string statement_;  // of max_rows
};

}  // namespace stagedoor::sql
