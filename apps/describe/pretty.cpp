#include "apps/describe/pretty.hpp"

namespace stagedoor::describe {
namespace {

constexpr std::size_t line_length = 110;

// Writes `elements` in `brackets`, separated by `line_break` and two spaces, or in one line if `line_break`
// is empty.
template <class Elements, class Write>
void write_between(std::string& out, std::string_view brackets, const Elements& elements,
                   const std::string& line_break, const Write& write) {
    out += brackets[0];
    bool first = true;
    for (const auto& element : elements) {
        if (!first) out += line_break.empty() ? ", " : ",";
        if (!line_break.empty()) out += line_break + "  ";
        first = false;
        write(element);
    }
    out += line_break;
    out += brackets[1];
}

// `line_break`: a newline and the indentation; empty: all in one line.
void write_broken(std::string& out, const json::Value& value, const std::string& line_break);

void write_fitting(std::string& out, const json::Value& value, const std::string& line_break) {
    auto line_begin = out.rfind('\n') + 1;  // 0 if there is none
    auto before = out.size();
    write_broken(out, value, "");
    if (line_break.empty() || out.size() - line_begin < line_length) return;
    out.resize(before);
    write_broken(out, value, line_break);
}

void write_broken(std::string& out, const json::Value& value, const std::string& line_break) {
    auto inside = line_break.empty() ? "" : line_break + "  ";
    if (const auto* object = value.object(); object && !object->empty()) {
        write_between(out, "{}", *object, line_break, [&](const auto& member) {
            json::write_string(out, member.first);
            out += ": ";
            write_fitting(out, member.second, inside);
        });
    } else if (const auto* array = value.array(); array && !array->empty()) {
        write_between(out, "[]", *array, line_break,
                      [&](const auto& element) { write_fitting(out, element, inside); });
    } else {
        json::write_value(out, value);
    }
}

}  // namespace

std::string pretty(const json::Value& document) {
    std::string out;
    write_fitting(out, document, "\n");
    return out + "\n";
}

}  // namespace stagedoor::describe
