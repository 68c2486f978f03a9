#include "services/tickets/store/statement.hpp"

namespace stagedoor::tickets::store {

void Statement::require(std::string_view condition, std::initializer_list<sql::Parameter> values) {
    append(std::exchange(first_, false) ? " WHERE " : " AND ");
    append(condition, values);
}

void Statement::require(const sql::StatementPart& condition) {
    append(std::exchange(first_, false) ? " WHERE " : " AND ");
    append(condition);
}

void Statement::append(std::string_view part, std::span<const sql::Parameter> values) {
    auto value = values.begin();
    for (auto c : part) {
        if (c != '?') {
            text_ += c;
            continue;
        }
        parameters_.push_back(*value++);
        text_ += "$" + std::to_string(parameters_.size());
    }
}

void Statement::append(const sql::StatementPart& part) {
    std::vector<sql::Parameter> values;
    for (const auto& text : part.parameters) values.push_back(sql::parameter(texts_.emplace_back(text)));
    append(part.text, values);
}

}  // namespace stagedoor::tickets::store
