#include "apps/describe/nats_users.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "apps/describe/files.hpp"
#include "contracts/events/signed.hpp"

namespace stagedoor::describe {
namespace {

const auto root = std::filesystem::path{__FILE__}.parent_path().parent_path().parent_path().parent_path();

TEST(NatsUsers, that_are_checked_in_are_up_to_date) {
    EXPECT_EQ(read_file(root / nats_users_file), nats_users())
        << nats_users_file << " is out of date: run build/bin/stagedoor-describe";
}

// Manifests and secrets are written from the services' deploy.conf.
TEST(SigningServices, have_a_key_in_their_deployment) {
    for (const auto& entry : std::filesystem::directory_iterator{root / "services"}) {
        if (!entry.is_directory()) continue;
        auto service = entry.path().filename().string();
        auto signs =
            std::ranges::find(contracts::signing_services, service) != contracts::signing_services.end();
        auto has_key = read_file(root / "services" / service / "deploy.conf").contains("\nsigns = yes\n");
        EXPECT_EQ(signs, has_key) << service;
    }
}

}  // namespace
}  // namespace stagedoor::describe
