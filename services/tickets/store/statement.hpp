// A statement that is put together from parts. Values are always parameters, never part of the text.
#pragma once

#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/full_text.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::tickets::store {

// Texts passed as parameters must outlive it; those of a sql::StatementPart are copied.
class Statement {
  public:
    explicit Statement(std::string start) : text_(std::move(start)) {}

    // Adds to the WHERE clause; each '?' in `condition` stands for the next of `values`.
    void require(std::string_view condition, std::initializer_list<sql::Parameter> values = {});
    void require(const sql::StatementPart& condition);
    void append(std::string_view part, std::initializer_list<sql::Parameter> values = {}) {
        append(part, std::span{values.begin(), values.size()});
    }
    void append(std::string_view part, std::span<const sql::Parameter> values);
    void append(const sql::StatementPart& part);

    template <class Row>
    [[nodiscard]] std::vector<Row> rows(sql::Tx& tx) const {
        return tx.query_with<Row>(text_, parameters_);
    }

  private:
    std::string text_;
    std::vector<sql::Parameter> parameters_;
    std::deque<std::string> texts_;  // copies, which stay where they are
    bool first_ = true;
};

}  // namespace stagedoor::tickets::store
