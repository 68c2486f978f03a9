#include "common/json/value.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <optional>

#include "common/text/utf8.hpp"

namespace stagedoor::json {
namespace {

// Receives the parser's events and builds a Value. The parser enforces the limits; we reject duplicate names.
class Builder {
  public:
    static constexpr std::size_t max_object_size = 10'000;
    static constexpr std::size_t max_array_size = 100'000;
    static constexpr std::size_t max_key_size = 1'000;
    static constexpr std::size_t max_string_size = 10'000'000;
    using error_code = boost::system::error_code;
    using view = boost::json::string_view;

    Value root;
    std::optional<std::string> duplicate_name;

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return open(Value{Object{}}); }
    bool on_object_end(std::size_t, error_code& error) {
        duplicate_name = find_duplicate_name(std::get<Object>(open_.back()->held));
        if (duplicate_name) error = boost::json::error::syntax;
        return !duplicate_name && close();
    }
    bool on_array_begin(error_code&) { return open(Value{Array{}}); }
    bool on_array_end(std::size_t, error_code&) { return close(); }

    bool on_key_part(view part, std::size_t, error_code&) { return collect(part); }
    bool on_key(view part, std::size_t, error_code&) {
        collect(part);
        std::get<Object>(open_.back()->held).emplace_back(std::exchange(text_, {}), Value{});
        return true;
    }
    bool on_string_part(view part, std::size_t, error_code&) { return collect(part); }
    bool on_string(view part, std::size_t, error_code&) {
        collect(part);
        return add(Value{std::exchange(text_, {})});
    }
    bool on_number_part(view part, error_code&) { return collect(part); }
    bool on_int64(std::int64_t, view part, error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, view part, error_code&) { return number(part); }
    bool on_double(double, view part, error_code&) { return number(part); }
    bool on_bool(bool value, error_code&) { return add(Value{value}); }
    bool on_null(error_code&) { return add(Value{nullptr}); }
    bool on_comment_part(view, error_code&) { return true; }
    bool on_comment(view, error_code&) { return true; }

  private:
    bool collect(view part) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool number(view part) {
        collect(part);
        return add(Value{Number{std::exchange(text_, {})}});
    }
    Value* insert(Value value) {
        if (open_.empty()) {
            root = std::move(value);
            return &root;
        }
        auto& parent = *open_.back();
        if (auto* object = std::get_if<Object>(&parent.held)) {
            object->back().second = std::move(value);
            return &object->back().second;
        }
        return &std::get<Array>(parent.held).emplace_back(std::move(value));
    }
    bool add(Value value) {
        insert(std::move(value));
        return true;
    }
    bool open(Value value) {
        open_.push_back(insert(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }
    // Sorts instead of comparing all pairs: a body of 80 kB can have 10 000 names.
    static std::optional<std::string> find_duplicate_name(const Object& object) {
        std::vector<std::string_view> names;
        names.reserve(object.size());
        for (const auto& [name, value] : object) names.push_back(name);
        std::ranges::sort(names);
        auto duplicate = std::ranges::adjacent_find(names);
        if (duplicate == names.end()) return std::nullopt;
        return std::string{*duplicate};
    }

    std::string text_;
    std::vector<Value*> open_;  // pointers stay valid: a parent only grows after its open child is closed
};

const Value null_value;

}  // namespace

const Value* Value::find(std::string_view name) const {
    if (const auto* members = object()) {
        for (const auto& [key, value] : *members) {
            if (key == name) return &value;
        }
    }
    return nullptr;
}

const Value& Value::operator[](std::string_view name) const {
    const auto* found = find(name);
    return found ? *found : null_value;
}

std::expected<Value, Message> parse(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    boost::json::basic_parser<Builder> parser{{}};
    boost::system::error_code error;
    auto used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && used < text.size()) {
        auto rest = text.substr(used);
        if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
            error = boost::json::error::extra_data;
    }
    if (!error) return std::move(parser.handler().root);
    if (const auto& name = parser.handler().duplicate_name) {
        return std::unexpected(
            "The body contains the name \"{name}\" twice in one object"_text.with("name", *name));
    }
    if (text.empty()) return std::unexpected("The body is empty; JSON was expected"_text);
    return std::unexpected(
        "The body is not valid JSON: {reason} at byte {position}"_text.with("reason", error.message())
            .with("position", std::to_string(used)));
}

namespace {

void write_escaped(std::string& out, char c) {
    constexpr auto hex = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += hex[(c >> 4) & 0xF];
            out += hex[c & 0xF];
    }
}

}  // namespace

void write_string(std::string& out, std::string_view value) {
    out += '"';
    std::size_t plain = 0;  // start of the part that is copied unchanged
    for (std::size_t at = 0; at < value.size();) {
        auto c = static_cast<unsigned char>(value[at]);
        if (c >= 0x20 && c != '"' && c != '\\' && c < 0x80) {
            ++at;
            continue;
        }
        auto length = c < 0x80 ? 0 : text::sequence_length(value.substr(at));
        if (length > 0) {
            at += length;
            continue;
        }
        out.append(value, plain, at - plain);
        if (c < 0x80) {
            write_escaped(out, value[at]);
        } else {
            out += "\xEF\xBF\xBD";
        }
        plain = ++at;
    }
    out.append(value, plain);
    out += '"';
}

namespace {

void sort_members(Value& value) {
    if (auto* members = std::get_if<Object>(&value.held)) {
        std::ranges::sort(*members, {}, &Object::value_type::first);
        for (auto& [name, member] : *members) sort_members(member);
    } else if (auto* elements = std::get_if<Array>(&value.held)) {
        for (auto& element : *elements) sort_members(element);
    }
}

}  // namespace

std::string canonical(const Value& value) {
    auto sorted = value;
    sort_members(sorted);
    std::string out;
    write_value(out, sorted);
    return out;
}

void write_value(std::string& out, const Value& value) {
    if (value.is_null()) {
        out += "null";
    } else if (const auto* boolean = value.boolean()) {
        out += *boolean ? "true" : "false";
    } else if (const auto* number = value.number()) {
        out += number->text;
    } else if (const auto* text = value.string()) {
        write_string(out, *text);
    } else if (const auto* array = value.array()) {
        out += '[';
        for (const auto& element : *array) {
            if (&element != array->data()) out += ',';
            write_value(out, element);
        }
        out += ']';
    } else {
        out += '{';
        const auto& members = *value.object();
        for (const auto& member : members) {
            if (&member != members.data()) out += ',';
            write_string(out, member.first);
            out += ':';
            write_value(out, member.second);
        }
        out += '}';
    }
}

}  // namespace stagedoor::json
