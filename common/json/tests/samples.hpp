// Structs with a member of every type that a request can have, and generators of random documents.
#pragma once

#include <rapidcheck.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::json::samples {

enum class Colour { red, light_blue };
constexpr auto wire_names(Colour) {
    return std::array{std::pair{Colour::red, std::string_view{"red"}},
                      std::pair{Colour::light_blue, std::string_view{"light:blue"}}};
}

struct Item {
    TicketId ticket_id;
    Whole<1, 1'000, 1> quantity;
};
BOOST_DESCRIBE_STRUCT(Item, (), (ticket_id, quantity))

struct Named {
    Text<1, 10> title;
};
BOOST_DESCRIBE_STRUCT(Named, (), (title))

struct Everything : Named {
    List<Item, 1, 3> items;
    Money price;
    Instant starts_at;
    bool standing = false;
    std::int64_t count = 0;
    Whole<-5, 5> steps;
    Whole<1, 100, 10> per_order;
    Colour colour = Colour::red;
    std::string raw;
    std::vector<std::int64_t> numbers;
    std::optional<Text<0, 5>> note;
    std::optional<Instant> ends_at;
    std::optional<Colour> second_colour;
};
BOOST_DESCRIBE_STRUCT(Everything, (Named),
                      (items, price, starts_at, standing, count, steps, per_order, colour, raw, numbers, note,
                       ends_at, second_colour))

inline const std::string everything_text =
    R"({"title":"Concert","items":[{"ticketId":"a","quantity":2},{"ticketId":"b","quantity":1}],)"
    R"("price":19.99,"currency":"EUR",)"
    R"("startsAt":"2026-05-01T19:30:00.000Z","standing":true,"count":-7,"steps":0,"perOrder":10,)"
    R"("colour":"light:blue","raw":" as is ",)"
    R"("numbers":[1,-2,3],"note":"hm"})";

// ---- random documents

// Valid UTF-8 with sequences of every length and characters that JSON escapes.
inline rc::Gen<std::string> any_text() {
    auto character = rc::gen::oneOf(
        rc::gen::map(rc::gen::inRange(0, 0x80), [](int c) { return std::string(1, static_cast<char>(c)); }),
        rc::gen::element<std::string>("\"", "\\", "/", "\n", "\x7F", "\u0080", "\u00E4", "\u2028", "\uFFFD",
                                      "\U0001F3AD", "\U0010FFFF"));
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(character),
                        [](const std::vector<std::string>& characters) {
                            std::string text;
                            for (const auto& each : characters) text += each;
                            return text;
                        });
}

inline rc::Gen<Value> any_scalar() {
    return rc::gen::oneOf(
        rc::gen::just(Value{}),
        rc::gen::map(rc::gen::arbitrary<bool>(), [](bool truth) { return Value{truth}; }),
        rc::gen::map(rc::gen::element<std::string>("0", "-0", "1", "-17", "19.99", "1.999E1", "1e400",
                                                   "0.290000000000000001", "123456789012345678901234567890"),
                     [](std::string text) { return Value{Number{std::move(text)}}; }),
        rc::gen::map(any_text(), [](std::string text) { return Value{std::move(text)}; }));
}

inline rc::Gen<Value> any_value(int depth) {
    if (depth == 0) return any_scalar();
    auto inner = rc::gen::lazy([depth] { return any_value(depth - 1); });
    auto array = rc::gen::map(rc::gen::container<std::vector<Value>>(inner),
                              [](Array elements) { return Value{std::move(elements)}; });
    auto object = rc::gen::map(rc::gen::container<std::map<std::string, Value>>(any_text(), inner),
                               [](const std::map<std::string, Value>& members) {
                                   return Value{Object{members.begin(), members.end()}};
                               });
    return rc::gen::resize(5, rc::gen::oneOf(any_scalar(), array,
                                             object));  // up to 5 elements each, so that documents stay small
}

inline std::string text_of(const Value& value) {
    std::string out;
    write_value(out, value);
    return out;
}

inline bool same(const Value& a, const Value& b);
inline bool same(const Object& a, const Object& b) {
    return std::ranges::equal(
        a, b, [](const auto& x, const auto& y) { return x.first == y.first && same(x.second, y.second); });
}
inline bool same(const Value& a, const Value& b) {
    if (a.held.index() != b.held.index()) return false;
    if (a.object()) return same(*a.object(), *b.object());
    if (a.array())
        return std::ranges::equal(*a.array(), *b.array(),
                                  [](const auto& x, const auto& y) { return same(x, y); });
    if (a.number()) return a.number()->text == b.number()->text;
    if (a.string()) return *a.string() == *b.string();
    return a.is_null() || *a.boolean() == *b.boolean();
}

}  // namespace stagedoor::json::samples

namespace rc {
inline void showValue(const stagedoor::json::Value& value, std::ostream& out) {
    out << stagedoor::json::samples::text_of(value);
}
}  // namespace rc
