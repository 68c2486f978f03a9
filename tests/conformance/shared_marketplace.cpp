#include "tests/conformance/shared_marketplace.hpp"

#include <iostream>

#include "tests/conformance/published_events.hpp"

namespace stagedoor::testing {
namespace {

std::unique_ptr<SharedMarketplace> instance;

class TearDownAfterAllTests final : public ::testing::Environment {
  public:
    void TearDown() override {
        if (!instance) return;
        std::cout << "conformance: checking the invariants of the shared marketplace" << std::endl;
        expect_invariants_hold(*instance->marketplace);
        expect_published_as_documented(*instance->marketplace->databases());
        EXPECT_EQ(instance->marketplace->stop(), 0);
        instance.reset();
    }
};

const auto* const registered = ::testing::AddGlobalTestEnvironment(new TearDownAfterAllTests);

}  // namespace

SharedMarketplace& shared() {
    if (!instance) {
        auto started = std::make_unique<SharedMarketplace>();
        started->marketplace =
            make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"},
                                              {"JWT_KEY_SECRET", std::string{shared_key_secret}}}});
        started->marketplace->start();
        started->url = started->marketplace->base_url();
        started->ada = sign_up(started->url, unique_email("ada"));
        started->ben = sign_up(started->url, unique_email("ben"));
        started->eve = sign_up(started->url, unique_email("eve"));
        instance = std::move(started);
    }
    return *instance;
}

std::string fresh_word() {
    auto email = unique_email("w");
    auto word = email.substr(0, email.find('@'));
    std::erase(word, '-');
    return word;
}

}  // namespace stagedoor::testing
