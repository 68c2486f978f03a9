#include "common/bus/envelope.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/json/tests/samples.hpp"

namespace stagedoor::bus {
namespace {

using json::samples::any_text;

const Event placed{"order.created",
                   "orders",
                   "o-1",
                   3,
                   Instant{1'777'663'800'000},
                   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                   R"({"total":19.99,"title":"Bühne \"frei\""})"};

void expect_same(const Event& a, const Event& b) {
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.source, b.source);
    EXPECT_EQ(a.entity_id, b.entity_id);
    EXPECT_EQ(a.version, b.version);
    EXPECT_EQ(a.time, b.time);
    EXPECT_EQ(a.traceparent, b.traceparent);
    EXPECT_EQ(a.data, b.data);
}

std::string golden(const std::string& name) {
    std::stringstream text;
    text << std::ifstream{std::filesystem::path{__FILE__}.parent_path() / "golden" / name}.rdbuf();
    auto all = text.str();
    if (all.ends_with('\n')) all.pop_back();
    return all;
}

std::string error_of(std::string_view text) {
    auto event = from_envelope(text);
    EXPECT_FALSE(event) << text;
    return event ? "" : event.error();
}

// The sample's JSON with one member replaced, or removed if `member` is empty.
std::string with(const std::string& name, const std::string& member) {
    auto value = json::parse(to_envelope(placed)).value();
    auto& object = std::get<json::Object>(value.held);
    std::erase_if(object, [&](const auto& each) { return each.first == name; });
    if (!member.empty()) object.emplace_back(name, json::parse(member).value());
    return json::samples::text_of(value);
}

TEST(Envelope, matches_the_golden_samples) {
    EXPECT_EQ(to_envelope(placed), golden("envelope.1.json"));
    auto without_trace = placed;
    without_trace.traceparent.clear();
    EXPECT_EQ(to_envelope(without_trace), golden("envelope_without_trace.1.json"));
}

TEST(Envelope, reads_every_form_ever_sent) {
    auto event = from_envelope(golden("envelope.1.json"));
    ASSERT_TRUE(event) << event.error();
    expect_same(*event, placed);
    auto without_trace = from_envelope(golden("envelope_without_trace.1.json"));
    ASSERT_TRUE(without_trace);
    EXPECT_EQ(without_trace->traceparent, "");
}

TEST(Envelope, ignores_unknown_members) {
    auto event = from_envelope(R"({"specversion":"1.0","datacontenttype":"application/json",)" +
                               to_envelope(placed).substr(1));
    ASSERT_TRUE(event) << event.error();
    expect_same(*event, placed);
}

TEST(Envelope, keeps_the_text_of_numbers_in_the_data) {
    auto event = from_envelope(with("data", R"({"total":19.90,"big":0.290000000000000001})"));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->data, R"({"total":19.90,"big":0.290000000000000001})");
}

TEST(Envelope, is_rejected_without_a_required_member) {
    for (auto name : {"id", "type", "time", "source", "entityId", "version", "data"}) {
        EXPECT_EQ(error_of(with(name, "")), std::string{name} + " is missing");
    }
}

TEST(Envelope, is_rejected_with_an_invalid_version_or_time) {
    EXPECT_EQ(error_of(with("version", "0")), "version must be at least 1");
    EXPECT_EQ(error_of(with("version", "-1")), "version must be at least 1");
    EXPECT_EQ(error_of(with("version", "1.5")), "version must be a whole number");
    EXPECT_TRUE(error_of(with("time", "\"yesterday\"")).starts_with("time must be"));
    EXPECT_FALSE(error_of("").empty());
    EXPECT_FALSE(error_of("[]").empty());
    EXPECT_FALSE(error_of("\xFF").empty());
}

TEST(Event, has_one_id_per_version_of_an_entity) {
    EXPECT_EQ(placed.id(), "order:o-1:3");
    auto cancelled = placed;
    cancelled.type = "order.cancelled";
    EXPECT_EQ(cancelled.id(), placed.id());  // one event per version, whatever its subject
    EXPECT_EQ(placed.entity(), "order");
}

RC_GTEST_PROP(Envelope, survives_a_round_trip, ()) {
    Event event{*any_text(),
                *any_text(),
                *any_text(),
                *rc::gen::inRange<std::int64_t>(1, INT64_MAX),
                Instant{*rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000)},
                *any_text(),
                json::samples::text_of(*json::samples::any_value(3))};
    auto again = from_envelope(to_envelope(event));
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->type == event.type);
    RC_ASSERT(again->source == event.source);
    RC_ASSERT(again->entity_id == event.entity_id);
    RC_ASSERT(again->version == event.version);
    RC_ASSERT(again->time == event.time);
    RC_ASSERT(again->traceparent == event.traceparent);
    RC_ASSERT(again->data == event.data);
}

}  // namespace
}  // namespace stagedoor::bus
