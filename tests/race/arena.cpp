#include "tests/race/arena.hpp"

namespace stagedoor::testing {
namespace {

std::unique_ptr<Arena> the_arena, the_hasty_arena;

class EndOfAllTests final : public ::testing::Environment {
  public:
    void TearDown() override {
        for (auto* each : {&the_arena, &the_hasty_arena}) {
            if (!*each) continue;
            EXPECT_EQ((*each)->marketplace->stop(), 0);
            each->reset();
        }
    }
};

const auto* const registered = ::testing::AddGlobalTestEnvironment(new EndOfAllTests);

Arena& opened(std::unique_ptr<Arena>& arena, int people, Variables environment) {
    if (arena) return *arena;
    environment.emplace("STAGEDOOR_RATE_LIMITS", "off");
    auto fresh = std::make_unique<Arena>();
    fresh->marketplace = make_marketplace({.environment = std::move(environment)});
    fresh->marketplace->start();
    fresh->url = fresh->marketplace->base_url();
    std::cout << "race: signing " << people << " people up …" << std::endl;
    fresh->people = sign_up_many(fresh->url, people);
    arena = std::move(fresh);
    return *arena;
}

}  // namespace

Arena& arena() { return opened(the_arena, 200, {}); }

Arena& hasty_arena() { return opened(the_hasty_arena, 41, {{"STAGEDOOR_HOLD_SECONDS", "1"}}); }

std::int64_t time_ms(const Reply& reply, std::string_view path) {
    return Instant::parse(reply.at(path)).value().milliseconds;
}

}  // namespace stagedoor::testing
