#include "common/json/schema.hpp"

#include <gtest/gtest.h>

#include <set>

#include "common/json/tests/samples.hpp"

namespace stagedoor::json {
namespace {

using samples::Everything;

struct Optional {
    std::optional<bool> it;
};
BOOST_DESCRIBE_STRUCT(Optional, (), (it))
struct View {
    Nullable<samples::Item> item;
    std::optional<Money> refund;
    Value any;
};
BOOST_DESCRIBE_STRUCT(View, (), (item, refund, any))

std::set<std::string> texts(const Value& array) {
    std::set<std::string> all;
    if (array.array()) {
        for (const auto& each : *array.array()) all.insert(*each.string());
    }
    return all;
}

std::string property_of(const Value& schema, const std::string& property) {
    return samples::text_of(schema["properties"][property]);
}

TEST(Schema, states_every_limit) {
    auto schema = json::schema<Everything>(SchemaOf::read);
    EXPECT_EQ(*schema["type"].string(), "object");
    EXPECT_EQ(property_of(schema, "title"), R"({"type":"string","minLength":1,"maxLength":10})");
    EXPECT_EQ(
        property_of(schema, "items"),
        R"({"type":"array","minItems":1,"maxItems":3,"items":{"type":"object","properties":{)"
        R"("ticketId":{"type":"string","minLength":1,"maxLength":100},)"
        R"("quantity":{"type":"integer","minimum":1,"maximum":1000,"default":1}},"required":["ticketId"]}})");
    EXPECT_EQ(property_of(schema, "price"),
              R"({"type":["number","string"],"exclusiveMinimum":0,"maximum":999999.99,)"
              R"("pattern":"^([0-9]+[.]?[0-9]*|[.][0-9]+)$"})");
    EXPECT_EQ(schema["properties"]["currency"]["enum"].array()->size(),
              static_cast<std::size_t>(Currency::count));
    EXPECT_EQ(*schema["properties"]["currency"]["default"].string(), "USD");
    EXPECT_EQ(property_of(schema, "startsAt"), R"({"type":"string","format":"date-time"})");
    EXPECT_EQ(property_of(schema, "standing"), R"({"type":"boolean"})");
    EXPECT_EQ(property_of(schema, "count"), R"({"type":"integer"})");
    EXPECT_EQ(property_of(schema, "steps"), R"({"type":"integer","minimum":-5,"maximum":5})");
    EXPECT_EQ(property_of(schema, "colour"), R"({"type":"string","enum":["red","light:blue"]})");
    EXPECT_EQ(property_of(schema, "numbers"), R"({"type":"array","items":{"type":"integer"}})");
    EXPECT_EQ(property_of(schema, "note"), R"({"type":"string","minLength":0,"maxLength":5})");
    EXPECT_EQ(schema["properties"].object()->size(), 15u);
}

TEST(Schema, requires_exactly_what_the_reader_requires) {
    std::set<std::string> missing;
    for (const auto& problem : read<Everything>(std::string_view{"{}"}).error())
        missing.insert(problem.field);
    EXPECT_EQ(texts(json::schema<Everything>(SchemaOf::read)["required"]), missing);

    // And one by one: without a member that is not required, the document is still valid.
    auto document = parse(samples::everything_text).value();
    for (const auto& [name, member] : *document.object()) {
        auto without = document;
        std::erase_if(std::get<Object>(without.held), [&](const auto& each) { return each.first == name; });
        EXPECT_EQ(!read<Everything>(without), missing.contains(name)) << name;
    }
}

TEST(Schema, has_every_member_that_is_written) {
    auto all = read<Everything>(samples::everything_text).value();
    all.ends_at = all.starts_at;
    all.second_colour = samples::Colour::red;
    std::set<std::string> written, known;
    auto document = parse(to_json(all)).value();
    auto schema = json::schema<Everything>(SchemaOf::written);
    for (const auto& [name, member] : *document.object()) written.insert(name);
    for (const auto& [name, member] : *schema["properties"].object()) known.insert(name);
    EXPECT_EQ(written, known);
}

TEST(Schema, requires_what_is_always_written) {
    auto schema = json::schema<Everything>(SchemaOf::written);
    EXPECT_EQ(property_of(schema, "price"), R"({"type":"number","exclusiveMinimum":0})");
    EXPECT_FALSE(schema["properties"]["currency"].find("default"));
    auto without_optionals = read<Everything>(samples::everything_text).value();
    without_optionals.note.reset();
    std::set<std::string> written;
    auto document = parse(to_json(without_optionals)).value();
    for (const auto& [name, member] : *document.object()) written.insert(name);
    EXPECT_EQ(texts(schema["required"]), written);
}

TEST(Schema, leaves_the_currency_of_an_event_open) {
    auto schema = json::schema<Everything>(SchemaOf::event);
    EXPECT_EQ(property_of(schema, "currency"), R"({"type":"string","pattern":"^[A-Z]{3}$"})");
    EXPECT_TRUE(texts(schema["required"]).contains("currency"));
}

TEST(Schema, requires_nullable_members) {
    auto schema = json::schema<View>(SchemaOf::written);
    EXPECT_EQ(texts(schema["required"]), (std::set<std::string>{"item", "any"}));
    EXPECT_EQ(samples::text_of(schema["properties"]["item"]["anyOf"]).substr(0, 17), R"([{"type":"null"},)");
    EXPECT_EQ(property_of(schema, "any"), "{}");
    EXPECT_EQ(property_of(schema, "refund"), R"({"type":"number","exclusiveMinimum":0})");
}

TEST(Schema, has_no_required_list_if_nothing_is_required) {
    EXPECT_EQ(samples::text_of(schema<Optional>(SchemaOf::read)),
              R"({"type":"object","properties":{"it":{"type":"boolean"}}})");
}

}  // namespace
}  // namespace stagedoor::json
