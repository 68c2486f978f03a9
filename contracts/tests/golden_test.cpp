// golden/<subject>.<form>.json has a sample of every form in which an event was ever published, since
// outboxes still contain them. A change of a contract adds a form; it never touches existing samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "contracts/events/all.hpp"
#include "contracts/tests/filled.hpp"

namespace stagedoor::contracts {
namespace {

const std::filesystem::path tests_folder = std::filesystem::path{__FILE__}.parent_path();
const std::filesystem::path events_folder = tests_folder.parent_path() / "events";
const std::filesystem::path golden_folder = tests_folder / "golden";

std::string content(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

struct Sample {
    std::string name, subject, text;
};

std::vector<Sample> samples() {
    std::vector<Sample> all;
    for (const auto& file : std::filesystem::directory_iterator{golden_folder}) {
        auto subject = file.path().stem().stem().string();  // without ".1.json"
        all.push_back({file.path().filename().string(), subject, content(file.path())});
    }
    std::ranges::sort(all, {}, &Sample::name);
    return all;
}

// An event's JSON after it was read and written again, or why it can't be read.
using Reread = std::expected<std::string, Problems> (*)(std::string_view);
template <Event E>
std::expected<std::string, Problems> reread(std::string_view text) {
    auto event = json::read<E>(text);
    if (!event) return std::unexpected(event.error());
    return json::to_json(*event);
}

template <Event... E>
std::map<std::string, Reread> readers_of(boost::mp11::mp_list<E...>) {
    return {{std::string{E::subject}, &reread<E>}...};
}
const auto readers = readers_of(AllEvents{});

// The path of a member in `before` that is missing or different in `after`; empty if there is none.
std::string lost(const json::Value& before, const json::Value& after, const std::string& path = "") {
    if (const auto* object = before.object()) {
        for (const auto& [name, member] : *object) {
            const auto* kept = after.find(name);
            if (!kept) return path + "." + name;
            if (auto inside = lost(member, *kept, path + "." + name); !inside.empty()) return inside;
        }
        return {};
    }
    if (const auto* array = before.array()) {
        if (!after.array() || after.array()->size() != array->size()) return path;
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (auto inside = lost((*array)[i], (*after.array())[i], path + "[" + std::to_string(i) + "]");
                !inside.empty())
                return inside;
        }
        return {};
    }
    std::string a, b;
    json::write_value(a, before);
    json::write_value(b, after);
    return a == b ? "" : path + ": " + a + " became " + b;
}

// The same document with an unknown member in each of its objects.
json::Value with_unknown_members(json::Value value) {
    if (auto* object = std::get_if<json::Object>(&value.held)) {
        for (auto& [name, member] : *object) member = with_unknown_members(std::move(member));
        object->emplace_back("addedLater", json::parse(R"({"any":["thing",1,null]})").value());
    } else if (auto* array = std::get_if<json::Array>(&value.held)) {
        for (auto& element : *array) element = with_unknown_members(std::move(element));
    }
    return value;
}

TEST(GoldenEvents, are_read_without_losing_anything) {
    ASSERT_FALSE(samples().empty());
    for (const auto& sample : samples()) {
        SCOPED_TRACE(sample.name);
        ASSERT_TRUE(readers.contains(sample.subject));
        auto again = readers.at(sample.subject)(sample.text);
        ASSERT_TRUE(again) << again.error().front().field << " " << filled(again.error().front().message);
        EXPECT_EQ(lost(json::parse(sample.text).value(), json::parse(*again).value()), "");
    }
}

TEST(GoldenEvents, are_read_the_same_with_unknown_members) {
    for (const auto& sample : samples()) {
        SCOPED_TRACE(sample.name);
        std::string extended;
        json::write_value(extended, with_unknown_members(json::parse(sample.text).value()));
        ASSERT_NE(extended.find("addedLater"), std::string::npos);
        EXPECT_EQ(readers.at(sample.subject)(extended), readers.at(sample.subject)(sample.text));
    }
}

// Searches the headers, so that a new event can't be forgotten.
TEST(GoldenEvents, exist_for_every_declared_event) {
    std::set<std::string> declared, sampled;
    const std::regex subject{R"re(string_view subject = "([a-z._]+)")re"};
    for (const auto& file : std::filesystem::directory_iterator{events_folder}) {
        if (file.path().extension() != ".hpp") continue;
        auto text = content(file.path());
        for (std::sregex_iterator each{text.begin(), text.end(), subject}, end; each != end; ++each)
            declared.insert((*each)[1]);
    }
    ASSERT_GE(declared.size(), 23u);
    for (const auto& sample : samples()) sampled.insert(sample.subject);
    EXPECT_EQ(declared, sampled);
}

TEST(GoldenEvents, have_the_expected_fields_of_an_order) {
    auto order = json::read<OrderCreated>(content(golden_folder / "order.created.1.json")).value();
    EXPECT_EQ(order.id, OrderId{"019a0000-0000-7000-8000-000000000001"});
    EXPECT_EQ(order.user_id, UserId{"buyer"});
    EXPECT_EQ(order.status, OrderStatus::created);
    EXPECT_EQ(order.expires_at, Instant::parse("2026-05-01T19:45:00Z"));
    EXPECT_EQ(order.total, (Money{6497, Currency::parse("EUR").value()}));
    ASSERT_EQ(order.items.size(), 2u);
    EXPECT_EQ(order.items[0].price, (Money{1999, Currency::parse("EUR").value()}));
    EXPECT_EQ(order.items[0].quantity, 2);
    EXPECT_EQ(order.items[1].title, "Bühne frei! \"Zugabe\"");
    EXPECT_FALSE(order.reason);
    EXPECT_EQ(order.version, 1);
    EXPECT_EQ(order.entity_id(), order.id.text);
}

TEST(Event, entity_is_the_part_before_the_dot) {
    EXPECT_EQ(entity_of("order.created"), "order");
    EXPECT_EQ(entity_of("order.item.added"), "order");
    EXPECT_EQ(entity_of("order"), "order");
    EXPECT_EQ(entity_of(""), "");
}

}  // namespace
}  // namespace stagedoor::contracts
