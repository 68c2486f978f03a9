#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

std::unique_ptr<SharedMarketplace> shared_instance, short_hold_instance;

class TearDownAfterAllTests final : public ::testing::Environment {
  public:
    void TearDown() override {
        for (auto* each : {&shared_instance, &short_hold_instance}) {
            if (!*each) continue;
            EXPECT_EQ((*each)->marketplace->stop(), 0);
            each->reset();
        }
    }
};

const auto* const registered = ::testing::AddGlobalTestEnvironment(new TearDownAfterAllTests);

SharedMarketplace& start_once(std::unique_ptr<SharedMarketplace>& instance, int users,
                              Variables environment) {
    if (instance) return *instance;
    environment.emplace("STAGEDOOR_RATE_LIMITS", "off");
    auto started = std::make_unique<SharedMarketplace>();
    started->marketplace = make_marketplace({.environment = std::move(environment)});
    started->marketplace->start();
    started->url = started->marketplace->base_url();
    std::cout << "race: signing up " << users << " users" << std::endl;
    started->users = sign_up_many(started->url, users);
    instance = std::move(started);
    return *instance;
}

}  // namespace

SharedMarketplace& shared() { return start_once(shared_instance, 200, {}); }

SharedMarketplace& short_holds() {
    return start_once(short_hold_instance, 41, {{"STAGEDOOR_HOLD_SECONDS", "1"}});
}

int rounds_here(int rounds) {
    auto all = is_one_process() || std::getenv("STAGEDOOR_TEST_LONG");
    return all ? rounds : std::max(1, rounds / 3);
}

std::int64_t time_ms(const Response& reply, std::string_view path) {
    return Instant::parse(reply.at(path)).value().milliseconds;
}

}  // namespace stagedoor::testing
