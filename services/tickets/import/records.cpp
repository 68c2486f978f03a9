#include "services/tickets/import/records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "common/http/message.hpp"
#include "common/language/message.hpp"
#include "services/tickets/import/csv.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets {
namespace {

class JsonLines final : public RecordReader {
  public:
    JsonLines(const InputFile& file, Position from) : lines_(file, from), position_(from) {}

    std::optional<Record> next() override {
        while (auto line = lines_.next()) {
            position_ = line->end;
            if (line->is_too_long)
                return Record{line->number, {}, fmt::format("is longer than {} KiB", max_line_bytes / 1024)};
            if (line->text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
            auto parsed = json::parse(line->text);
            if (!parsed) return Record{line->number, {}, language::to_text(parsed.error())};
            return Record{line->number, std::move(*parsed)};
        }
        return std::nullopt;
    }
    Position position() const override { return position_; }

  private:
    LineReader lines_;
    Position position_;
};

// A member of NewTicket in JSON.
struct Column {
    std::string name;
    bool is_number = false, is_required = false;
};

template <class T>
inline constexpr bool is_number = std::integral<T> || json::is_whole<T>;
template <class T>
inline constexpr bool is_number<std::optional<T>> = is_number<T>;

std::vector<Column> known_columns() {
    std::vector<Column> all;
    NewTicket ticket;
    json::for_each_member(ticket, [&](auto D, auto& member) {
        using M = std::remove_cvref_t<decltype(member)>;
        all.push_back({json::wire_name<decltype(D)>(), is_number<M>, !json::may_be_absent<M>});
        if constexpr (std::same_as<M, Money>) all.push_back({"currency"});
    });
    return all;
}

std::string names_of(const std::vector<Column>& columns) {
    std::vector<std::string_view> names;
    for (const auto& each : columns) names.push_back(each.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

class Csv final : public RecordReader {
  public:
    Csv(const InputFile& file, Position from) {
        rows_.emplace(file, Position{});
        read_header(file);
        if (from.bytes > 0) rows_.emplace(file, from);
    }

    std::optional<Record> next() override {
        auto row = rows_->next();
        if (!row) return std::nullopt;
        if (!row->cells) return Record{row->line, {}, std::move(row->cells.error())};
        auto& cells = *row->cells;
        if (cells.size() != columns_.size())
            return Record{row->line,
                          {},
                          fmt::format("has {} cells, and the header has {}", cells.size(), columns_.size())};
        json::Object object;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].empty()) continue;  // as if the member were absent
            const auto& column = columns_[i];
            object.emplace_back(column.name, column.is_number ? json::Value{json::Number{std::move(cells[i])}}
                                                              : json::Value{std::move(cells[i])});
        }
        return Record{row->line, json::Value{std::move(object)}};
    }
    Position position() const override { return rows_->position(); }

  private:
    void read_header(const InputFile& file) {
        auto header = rows_->next();
        if (!header) throw InputError(file.name() + " has no line with the names of the columns");
        auto at = fmt::format("{}, line {}: ", file.name(), header->line);
        if (!header->cells) throw InputError(at + header->cells.error());
        auto known = known_columns();
        auto& names = *header->cells;
        if (names.size() == 1 && names[0].find_first_of(";\t") != std::string::npos)
            throw InputError(at + "the cells must be separated by commas");
        for (const auto& name : names) {
            auto column = std::ranges::find(known, name, &Column::name);
            if (column == known.end())
                throw InputError(fmt::format("{}no column is called \"{}\"; the columns are {}", at,
                                             shown(name), names_of(known)));
            if (has_column(name)) throw InputError(fmt::format("{}there are two columns {}", at, name));
            columns_.push_back(*column);
        }
        for (const auto& each : known) {
            if (each.is_required && !has_column(each.name))
                throw InputError(fmt::format("{}there is no column {}", at, each.name));
        }
    }

    [[nodiscard]] bool has_column(std::string_view name) const {
        return std::ranges::find(columns_, name, &Column::name) != columns_.end();
    }

    std::optional<CsvReader> rows_;
    std::vector<Column> columns_;
};

}  // namespace

std::optional<Format> format_of(std::string_view path) {
    auto ends_with = [&](std::string_view ending) {
        return path.size() >= ending.size() &&
               http::same_name(path.substr(path.size() - ending.size()), ending);
    };
    if (ends_with(".csv")) return Format::csv;
    if (ends_with(".jsonl") || ends_with(".ndjson")) return Format::json_lines;
    return std::nullopt;
}

std::unique_ptr<RecordReader> read_records(const InputFile& file, Format format, Position from) {
    if (format == Format::csv) return std::make_unique<Csv>(file, from);
    return std::make_unique<JsonLines>(file, from);
}

}  // namespace stagedoor::tickets
