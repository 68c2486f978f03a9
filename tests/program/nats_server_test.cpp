// What the private NATS server of the distributed shape promises after a power cut.
#include "fleet/nats_server.hpp"

#include <gtest/gtest.h>

#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::fleet {
namespace {

TEST(NatsServer, of_2_10_or_later_can_sync_every_message) {
    for (const auto* version : {"nats-server: v2.10.27\n", "nats-server: v2.10.0",
                                "nats-server: v2.11.1-beta.2", "nats-server: v3.0.0"})
        EXPECT_TRUE(knows_sync_interval(version)) << version;
    for (const auto* version : {"nats-server: v2.9.10\n", "nats-server: v1.12.0", "nats-server: v2", "", "v"})
        EXPECT_FALSE(knows_sync_interval(version)) << version;
}

// The server refuses settings that it doesn't know, so it also starts only with the right one.
TEST(NatsServer, syncs_every_message_if_it_is_asked_to_and_can) {
    auto can = knows_sync_interval(run("/usr/sbin/nats-server", {"--version"}).output);
    for (auto asked : {false, true}) {
        runtime::TemporaryFolder folder;
        NatsServer server{folder.path(), NatsServer::Options{.syncs_messages = asked}};
        server.start();
        auto configuration = read_file(folder.path() / "nats.conf");
        EXPECT_EQ(configuration.find("sync_interval: always") != std::string::npos, asked && can);
        server.stop();
    }
}

}  // namespace
}  // namespace stagedoor::fleet
