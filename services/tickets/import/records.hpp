// The listings of a file as JSON objects like the body of POST /api/tickets, whatever its format.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/value.hpp"
#include "services/tickets/import/input_file.hpp"

namespace stagedoor::tickets {

enum class Format { csv, json_lines };

// By the name of the file; nullopt if it does not end in .csv, .jsonl or .ndjson.
[[nodiscard]] std::optional<Format> format_of(std::string_view path);

struct Record {
    std::int64_t line = 0;  // its first
    json::Value content;
    std::string problem = {};  // why it can't be read; empty: it was read
};

class RecordReader {
  public:
    virtual ~RecordReader() = default;
    // nullopt at the end. Empty lines are no records. Throws InputError.
    [[nodiscard]] virtual std::optional<Record> next() = 0;
    // After the record returned last.
    [[nodiscard]] virtual Position position() const = 0;
};

// Reads from `from`, which is the beginning or a position() of an earlier reader. The file must outlive it. A
// CSV file begins with a row of column names, which are the members of NewTicket. Throws InputError, also for
// columns that are unknown, missing or there twice.
[[nodiscard]] std::unique_ptr<RecordReader> read_records(const InputFile& file, Format format, Position from);

}  // namespace stagedoor::tickets
