// Rows of a CSV file (RFC 4180), by libcsv.
#pragma once

#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/tickets/import/input_file.hpp"

namespace stagedoor::tickets {

struct CsvRow {
    std::int64_t line = 0;                                       // its first
    std::expected<std::vector<std::string>, std::string> cells;  // or what is wrong with it
};

// Empty lines are no rows. A row that can't be read ends with its first line: a quotation mark that is
// missing costs one row, not the rest of the file.
class CsvReader {
  public:
    // The file must outlive it.
    CsvReader(const InputFile& file, Position from);
    ~CsvReader();

    // nullopt at the end. Throws InputError.
    [[nodiscard]] std::optional<CsvRow> next();
    // After the row returned last.
    [[nodiscard]] Position position() const { return position_; }

  private:
    class Parser;
    [[nodiscard]] std::optional<Line> next_line();
    [[nodiscard]] std::string read_row(std::vector<Line>& lines);

    LineReader lines_;
    std::deque<Line> again_;  // lines after a row that could not be read
    Position position_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace stagedoor::tickets
