#include "tests/conformance/published_events.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>

#include "common/bus/envelope.hpp"
#include "fleet/fleet.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {

void expect_published_as_documented(Databases& databases) {
    runtime::TemporaryFolder folder;
    auto path = folder.file("published.ndjson");
    std::ofstream file{path};
    for (const auto& service : service_names()) {
        for (const auto& row : databases.query(
                 service,
                 "SELECT type, entity_id, version, time, traceparent, data FROM outbox ORDER BY position")) {
            bus::Event event{.type = row.at(0).value(),
                             .source = service,
                             .entity_id = row.at(1).value(),
                             .version = std::stoll(row.at(2).value()),
                             .time = Instant{std::stoll(row.at(3).value())},
                             .traceparent = row.at(4).value(),
                             .data = row.at(5).value()};
            file << bus::to_envelope(event) << "\n";
        }
    }
    file.close();
    auto validated =
        run("/bin/sh", {"-c", "exec \"$0\" validate --complete < \"$1\"", VALIDATE_EVENTS, path}, {}, 120s);
    EXPECT_EQ(validated.exit.code, 0) << validated.output << validated.errors;
    std::cout << validated.output << std::flush;
}

}  // namespace stagedoor::testing
