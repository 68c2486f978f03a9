#include "testing/model/row_checks.hpp"

#include <set>

namespace stagedoor::testing {

std::string text(const Row& row) {
    std::string all;
    for (const auto& column : row) all += (all.empty() ? "" : " ") + column.value_or("null");
    return all;
}

void check_none(Databases& databases, std::vector<std::string>& found, const std::string& what,
                const std::string& service, const std::string& statement) {
    for (const auto& row : databases.query(service, statement))
        found.push_back(what + " (" + service + "): " + text(row));
}

void check_same(Databases& databases, std::vector<std::string>& found, const std::string& what,
                const std::string& service, const std::string& statement, const std::string& other_service,
                const std::string& other_statement) {
    auto rows = databases.query(service, statement), others = databases.query(other_service, other_statement);
    if (rows == others) return;
    std::set<Row> ours(rows.begin(), rows.end()), theirs(others.begin(), others.end());
    for (const auto& row : ours) {
        if (!theirs.contains(row)) found.push_back(what + ": only " + service + " has " + text(row));
    }
    for (const auto& row : theirs) {
        if (!ours.contains(row)) found.push_back(what + ": only " + other_service + " has " + text(row));
    }
}

void check_contained(Databases& databases, std::vector<std::string>& found, const std::string& what,
                     const std::string& service, const std::string& statement,
                     const std::string& other_service, const std::string& other_statement) {
    auto rows = databases.query(service, statement), others = databases.query(other_service, other_statement);
    std::set<Row> all(others.begin(), others.end());
    for (const auto& row : rows) {
        if (!all.contains(row)) found.push_back(what + ": only " + service + " has " + text(row));
    }
}

std::string to_text(const std::vector<std::string>& lines) {
    std::string all;
    for (std::size_t i = 0; i < lines.size() && i < 20; ++i) all += "\n  " + lines[i];
    if (lines.size() > 20) all += "\n  … and " + std::to_string(lines.size() - 20) + " more";
    return all;
}

}  // namespace stagedoor::testing
