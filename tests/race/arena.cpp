#include "tests/race/arena.hpp"

namespace stagedoor::driving {
namespace {

std::unique_ptr<Arena> the_arena;

class EndOfAllTests final : public ::testing::Environment {
  public:
    void TearDown() override {
        if (!the_arena) return;
        EXPECT_EQ(the_arena->marketplace->stop(), 0);
        the_arena.reset();
    }
};

const auto* const registered = ::testing::AddGlobalTestEnvironment(new EndOfAllTests);

}  // namespace

Arena& arena() {
    if (!the_arena) {
        auto opened = std::make_unique<Arena>();
        opened->marketplace = make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}});
        opened->marketplace->start();
        opened->url = opened->marketplace->base_url();
        std::cout << "race: signing 200 people up …" << std::endl;
        opened->people = sign_up_many(opened->url, 200);
        the_arena = std::move(opened);
    }
    return *the_arena;
}

std::uint64_t seed() {
    static const auto chosen = [] {
        const auto* given = std::getenv("STAGEDOOR_TEST_SEED");
        auto value = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        std::cout << "seed " << value << " (STAGEDOOR_TEST_SEED)" << std::endl;
        return static_cast<std::uint64_t>(value);
    }();
    return chosen;
}

}  // namespace stagedoor::driving
