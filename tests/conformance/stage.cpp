#include "tests/conformance/stage.hpp"

#include <iostream>

#include "tests/conformance/told_events.hpp"

namespace stagedoor::testing {
namespace {

std::unique_ptr<Stage> the_stage;

class EndOfAllTests final : public ::testing::Environment {
  public:
    void TearDown() override {
        if (!the_stage) return;
        std::cout << "conformance: the books of the shared marketplace …" << std::endl;
        expect_sound_books(*the_stage->marketplace);
        expect_told_as_documented(*the_stage->marketplace->databases());
        EXPECT_EQ(the_stage->marketplace->stop(), 0);
        the_stage.reset();
    }
};

const auto* const registered = ::testing::AddGlobalTestEnvironment(new EndOfAllTests);

}  // namespace

Stage& stage() {
    if (!the_stage) {
        auto opened = std::make_unique<Stage>();
        opened->marketplace =
            make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"},
                                              {"JWT_KEY_SECRET", std::string{stage_secret}}}});
        opened->marketplace->start();
        opened->url = opened->marketplace->base_url();
        opened->ada = sign_up(opened->url, fresh_email("ada"));
        opened->ben = sign_up(opened->url, fresh_email("ben"));
        opened->eve = sign_up(opened->url, fresh_email("eve"));
        the_stage = std::move(opened);
    }
    return *the_stage;
}

std::string fresh_word() {
    auto email = fresh_email("w");
    auto word = email.substr(0, email.find('@'));
    std::erase(word, '-');
    return word;
}

}  // namespace stagedoor::testing
