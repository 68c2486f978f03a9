// Google Benchmarks of small operations of every request, to compare a change with the code before it.
#include <benchmark/benchmark.h>

#include "common/bus/signature.hpp"
#include "common/json/read.hpp"
#include "common/json/value.hpp"
#include "common/json/write.hpp"
#include "common/runtime/random.hpp"
#include "common/security/token.hpp"
#include "contracts/money.hpp"
#include "services/orders/order.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor {
namespace {

void read_an_order(benchmark::State& state) {
    constexpr std::string_view body =
        R"({"items":[{"ticketId":"0190163d-8694-739b-aea5-966c26f8ad91","quantity":2},)"
        R"({"ticketId":"0190163d-8694-739b-aea5-966c26f8ad92"}]})";
    for (auto _ : state) benchmark::DoNotOptimize(json::read<orders::NewOrder>(body));
}
BENCHMARK(read_an_order);

void write_an_order(benchmark::State& state) {
    orders::StoredOrder stored;
    stored.order.id = OrderId{"0190163d-8694-739b-aea5-966c26f8ad91"};
    stored.order.total = {1999, {}};
    stored.items.push_back({stored.order.id,
                            TicketId{"t"},
                            UserId{"seller"},
                            "Bartók: the complete quartets",
                            {1999, {}},
                            1,
                            1,
                            {},
                            {}});
    auto order = orders::to_response(stored, Instant{}, {});
    for (auto _ : state) benchmark::DoNotOptimize(json::to_json(order));
}
BENCHMARK(write_an_order);

// Duplicate names must be found without comparing all pairs: a million names a second and more, at any size.
void parse_an_object_with_10_000_names(benchmark::State& state) {
    std::string text = "{";
    for (int i = 0; i < 9'999; ++i) text += "\"name number " + std::to_string(i) + "\":1,";
    text += R"("last":1})";
    for (auto _ : state) benchmark::DoNotOptimize(json::parse(text));
}
BENCHMARK(parse_an_object_with_10_000_names);

void parse_money(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(Money::parse("12345.67", Currency{}));
}
BENCHMARK(parse_money);

void make_a_uuid(benchmark::State& state) {
    runtime::SystemRandom random;
    for (auto _ : state) benchmark::DoNotOptimize(runtime::new_uuid(random, Instant{1'767'225'600'000}));
}
BENCHMARK(make_a_uuid);

void verify_a_token(benchmark::State& state) {
    runtime::SystemRandom random;
    auto key = security::new_signing_key(random);
    security::Claims claims{.user = UserId{"u"},
                            .email = "u@example.com",
                            .session = SessionId{"s"},
                            .epoch = 0,
                            .roles = {},
                            .issued_at = Instant{1000},
                            .expires_at = Instant{2000}};
    auto token = security::sign_token(claims, key);
    for (auto _ : state) benchmark::DoNotOptimize(security::verify_token(token, key.public_key));
}
BENCHMARK(verify_a_token);

// Once for each event that is published, and for each of its subscribers.
const std::string envelope(600, 'x');

void sign_an_event(benchmark::State& state) {
    auto key = bus::EventKey::parse(std::string(64, 'a')).value();
    for (auto _ : state) benchmark::DoNotOptimize(key.sign(envelope));
}
BENCHMARK(sign_an_event);

void verify_an_event(benchmark::State& state) {
    auto key = bus::EventKey::parse(std::string(64, 'a')).value();
    auto signature = key.sign(envelope);
    auto public_key = key.public_key();
    for (auto _ : state) benchmark::DoNotOptimize(public_key.verifies(envelope, signature));
}
BENCHMARK(verify_an_event);

void fold_words(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(tickets::store::words_of("Northlight Quartet: Bartók, Konzerthaus Zürich"));
}
BENCHMARK(fold_words);

}  // namespace
}  // namespace stagedoor

BENCHMARK_MAIN();
