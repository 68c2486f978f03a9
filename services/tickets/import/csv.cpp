#include "services/tickets/import/csv.hpp"

#include <csv.h>

#include <algorithm>
#include <iterator>
#include <new>

#include "common/text/utf8.hpp"

namespace stagedoor::tickets {

// libcsv with its callbacks, which get a cell or the end of a row.
class CsvReader::Parser {
  public:
    Parser() {
        // STRICT: a quotation mark in the wrong place is an error rather than a part of the cell.
        if (csv_init(&state_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    }
    ~Parser() { csv_free(&state_); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    void begin_row() {
        cells_.clear();
        ended_rows_ = 0;
        // Ends a row that failed. What it was does not matter.
        csv_set_opts(&state_, 0);
        csv_fini(&state_, nullptr, nullptr, nullptr);
        csv_set_opts(&state_, CSV_STRICT | CSV_STRICT_FINI);
    }
    [[nodiscard]] bool parse(const std::string& text) {
        return csv_parse(&state_, text.data(), text.size(), add_cell, end_row, this) == text.size();
    }
    // Whether there is nothing open. Without a line break the row has not ended before.
    [[nodiscard]] bool end_of_row() { return csv_fini(&state_, add_cell, end_row, this) == 0; }

    [[nodiscard]] int ended_rows() const { return ended_rows_; }
    [[nodiscard]] std::vector<std::string> take_cells() { return std::move(cells_); }

  private:
    static void add_cell(void* text, std::size_t length, void* self) {
        static_cast<Parser*>(self)->cells_.emplace_back(static_cast<const char*>(text), length);
    }
    static void end_row(int, void* self) { ++static_cast<Parser*>(self)->ended_rows_; }

    csv_parser state_{};
    std::vector<std::string> cells_;
    int ended_rows_ = 0;
};

CsvReader::CsvReader(const InputFile& file, Position from)
    : lines_(file, from), position_(from), parser_(std::make_unique<Parser>()) {}

CsvReader::~CsvReader() = default;

std::optional<Line> CsvReader::next_line() {
    if (again_.empty()) return lines_.next();
    auto line = std::move(again_.front());
    again_.pop_front();
    return line;
}

// Adds the lines of a row to the first one, and returns what is wrong with it; empty if it was read.
std::string CsvReader::read_row(std::vector<Line>& lines) {
    const std::string too_long = "is longer than " + std::to_string(max_line_bytes / 1024) + " KiB";
    if (lines.front().is_too_long) return too_long;
    parser_->begin_row();
    for (std::size_t bytes = lines.front().text.size();;) {
        const auto& line = lines.back();
        auto is_last = !line.text.ends_with('\n');
        if (!parser_->parse(line.text)) return "has a quotation mark in the wrong place";
        auto is_over = is_last || parser_->ended_rows() > 0;
        if (is_over && !parser_->end_of_row()) return "has a quotation mark that is never closed";
        if (parser_->ended_rows() > 1) return "has a line break that is neither LF nor CRLF";
        if (is_over) break;
        auto next = next_line();  // the line break was inside quotation marks
        if (!next) return "has a quotation mark that is never closed";
        lines.push_back(std::move(*next));
        bytes += lines.back().text.size();
        if (lines.back().is_too_long || bytes > max_line_bytes)
            return too_long + "; is a quotation mark missing?";
    }
    auto is_utf8 = std::ranges::all_of(lines, [](const Line& each) { return text::is_utf8(each.text); });
    return is_utf8 ? "" : "is not valid UTF-8";
}

std::optional<CsvRow> CsvReader::next() {
    for (;;) {
        auto first = next_line();
        if (!first) return std::nullopt;
        std::vector<Line> lines;
        lines.push_back(std::move(*first));
        position_ = lines.front().end;
        if (lines.front().text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
        CsvRow row{.line = lines.front().number, .cells = {}};
        if (auto problem = read_row(lines); !problem.empty()) {
            row.cells = std::unexpected(std::move(problem));
            again_.insert(again_.begin(), std::make_move_iterator(lines.begin() + 1),
                          std::make_move_iterator(lines.end()));
        } else {
            row.cells = parser_->take_cells();
            position_ = lines.back().end;
        }
        return row;
    }
}

}  // namespace stagedoor::tickets
