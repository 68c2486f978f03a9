#include "apps/describe/documents.hpp"

#include <gtest/gtest.h>

#include "apps/describe/comments.hpp"
#include "apps/describe/files.hpp"
#include "common/bus/envelope.hpp"
#include "common/json/value.hpp"
#include "contracts/events/all.hpp"
#include "services/all_services.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::describe {
namespace {

const auto root = std::filesystem::path{__FILE__}.parent_path().parent_path().parent_path().parent_path();

const Documents& generated() {
    static const auto all = documents(root);
    return all;
}

json::Value schema_of(const std::string& subject) {
    return json::parse(generated().at("schemas/" + subject + ".json")).value();
}

// The source of each event that the contracts declare, by subject.
std::map<std::string, std::string> sources() {
    std::map<std::string, std::string> all;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, contracts::AllEvents>>(
        [&]<class E>(boost::mp11::mp_identity<E>) { all.emplace(E::subject, E::source); });
    return all;
}

TEST(Documents, that_are_checked_in_are_up_to_date) {
    EXPECT_TRUE(generated() == checked_in_documents(root))
        << "docs/asyncapi.json or docs/schemas is out of date: run build/bin/stagedoor-describe";
}

// Every golden sample of an event, in an envelope.
TEST(EventSchemas, accept_every_form_ever_published) {
    int samples = 0;
    for (const auto& file : std::filesystem::directory_iterator{root / "contracts" / "tests" / "golden"}) {
        SCOPED_TRACE(file.path().filename());
        auto subject = file.path().stem().stem().string();
        bus::Event event{subject,           sources().at(subject), "entity", 7, Instant{},
                         "00-4bf9-00f0-01", read_file(file.path())};
        for (const auto* trace : {"00-4bf9-00f0-01", ""}) {
            event.traceparent = trace;
            auto envelope = json::parse(bus::to_envelope(event)).value();
            EXPECT_EQ(testing::schema_violation(schema_of(subject), envelope), "");
        }
        ++samples;
    }
    EXPECT_GE(samples, 26);
}

TEST(EventSchemas, reject_an_event_of_another_subject) {
    bus::Event event{"order.completed", "orders", "entity", 1, Instant{}, "", "{}"};
    auto envelope = json::parse(bus::to_envelope(event)).value();
    EXPECT_EQ(testing::schema_violation(schema_of("order.created"), envelope),
              ".type is not \"order.created\"");
}

TEST(Documents, cover_every_subscription) {
    std::set<std::pair<std::string, std::string>> published;  // source, entity
    for (const auto& [subject, source] : sources()) published.emplace(source, contracts::entity_of(subject));
    IdleServices services{all_services()};
    for (const auto& [service, subscriptions] : services.registrations()) {
        for (const auto& [source, entities] : subscriptions) {
            EXPECT_TRUE(services.registrations().contains(source)) << service << " receives " << source;
            for (const auto& entity : entities) {
                EXPECT_TRUE(published.contains({source, entity}))
                    << service << " receives " << entity << " of " << source;
            }
        }
    }
}

TEST(AsyncApi, names_the_publisher_and_the_subscribers_of_an_event) {
    auto document = json::parse(generated().at("asyncapi.json")).value();
    EXPECT_EQ(document["channels"].object()->size(), sources().size());
    std::map<std::string, std::set<std::string>> by_action;
    for (const auto& [id, operation] : *document["operations"].object()) {
        if (*operation["channel"]["$ref"].string() == "#/channels/order.completed")
            by_action[*operation["action"].string()].insert(
                *(*operation["tags"].array())[0]["name"].string());
    }
    EXPECT_EQ(by_action["send"], (std::set<std::string>{"orders"}));
    EXPECT_EQ(by_action["receive"],
              (std::set<std::string>{"admissions", "expiration", "notifications", "payments", "tickets"}));
}

TEST(AsyncApi, describes_each_event) {
    auto comments = event_comments(root / "contracts" / "events");
    for (const auto& [subject, source] : sources()) EXPECT_NE(comments[subject], "") << subject;
    EXPECT_EQ(comments["order.reopened"],
              "The charge failed; the order can be paid again until its original `expiresAt`.");
}

}  // namespace
}  // namespace stagedoor::describe
