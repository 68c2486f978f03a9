#include "testing/model/workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

// So that on a small machine there is room for what is tested, and not only for those who ask.
constexpr auto between_turns = 10ms;
constexpr std::size_t tickets_known = 30;
constexpr auto longest_answer = 30s;

}  // namespace

std::string_view to_text(Doing doing) {
    constexpr std::array names{"page", "search", "list", "hold", "pay"};
    return names[static_cast<std::size_t>(doing)];
}

Traffic::Traffic(std::string url, int buyers, int sellers, std::uint64_t seed) : url_(std::move(url)) {
    std::mt19937_64 random{seed};
    for (auto& user : sign_up_many(url_, buyers + sellers + 2)) {
        answers.signed_up(user);
        people_.push_back({std::move(user), std::mt19937_64{random()}, {}});
    }
    auto first_seller = static_cast<std::size_t>(buyers);
    for (int i = 0; i < 10; ++i) offer(people_[first_seller + static_cast<std::size_t>(i % sellers)]);
    mark();
    for (std::size_t i = 0; i < people_.size(); ++i) {
        auto turn = i < first_seller         ? &Traffic::buy
                    : i + 2 < people_.size() ? &Traffic::sell
                    : i + 1 < people_.size() ? &Traffic::search
                                             : &Traffic::visit;
        threads_.emplace_back([this, turn, &person = people_[i]] { run(person, turn); });
    }
}

Traffic::~Traffic() {
    {
        std::lock_guard lock{mutex_};
        stopped_ = true;
    }
    changed_.notify_all();
}

// ---- turns

bool Traffic::wait_for_turn() {
    std::unique_lock lock{mutex_};
    ++resting_;
    changed_.notify_all();
    changed_.wait_for(lock, between_turns, [this] { return stopped_; });
    changed_.wait(lock, [this] { return stopped_ || !paused_; });
    --resting_;
    return !stopped_;
}

void Traffic::run(Person& person, void (Traffic::*turn)(Person&)) {
    while (wait_for_turn()) {
        try {
            if (repeat_open(person)) (this->*turn)(person);
        } catch (const std::exception& error) {
            ADD_FAILURE() << "somebody could not go on: " << error.what();
            return;
        }
    }
}

void Traffic::pause(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    paused_ = true;
    auto all_rest = [this] { return resting_ == static_cast<int>(people_.size()); };
    if (!changed_.wait_for(lock, longest_answer + 5s, all_rest))
        ADD_FAILURE() << "somebody still waits for an answer";
    auto deadline = Ticks::now() + limit;
    for (auto& person : people_) {
        while (!repeat_open(person)) {
            if (Ticks::now() >= deadline) {
                ADD_FAILURE() << "a request that was repeated gets no answer: " << person.open.front().body;
                return;
            }
            changed_.wait_for(lock, 50ms);
        }
    }
}

void Traffic::resume() {
    {
        std::lock_guard lock{mutex_};
        paused_ = false;
    }
    changed_.notify_all();
}

// ---- counting

void Traffic::mark() {
    for (auto& kind : kinds_) kind.done = kind.unavailable = kind.unanswered = kind.first_success = 0;
    mark_ = Ticks::now().time_since_epoch().count();
}

Tries Traffic::since_mark(Doing doing) const {
    const auto& kind = kinds_[static_cast<std::size_t>(doing)];
    return {kind.done, kind.unavailable, kind.unanswered};
}

std::optional<std::chrono::milliseconds> Traffic::recovered(std::chrono::milliseconds limit) const {
    auto all = [this] {
        return std::ranges::all_of(kinds_, [](const Kind& kind) { return kind.first_success != 0; });
    };
    if (!comes_true(all, limit)) return std::nullopt;
    Ticks::rep last = 0;
    for (const auto& kind : kinds_) last = std::max(last, kind.first_success.load());
    return std::chrono::duration_cast<std::chrono::milliseconds>(Ticks::duration{last - mark_});
}

template <class Ask>
std::optional<Reply> Traffic::counted(Doing doing, Ask ask) {
    auto& kind = kinds_[static_cast<std::size_t>(doing)];
    auto began = Ticks::now().time_since_epoch().count();
    try {
        Reply reply = ask();
        // What was made a moment ago may be on its way still, longer than it is waited for.
        auto is_not_known_yet = reply.status == 404 && (doing == Doing::pay || doing == Doing::hold);
        if (reply.status >= 500 || is_not_known_yet) {
            ++kind.unavailable;
            return std::nullopt;
        }
        ++kind.done;
        Ticks::rep none = 0;
        if (reply.status < 300 && began >= mark_)
            kind.first_success.compare_exchange_strong(none, Ticks::now().time_since_epoch().count());
        return reply;
    } catch (const NoAnswer&) {
        ++kind.unanswered;
        return std::nullopt;
    }
}

// ---- what they do

std::optional<std::string> Traffic::finish(Person& person, const Request& request) {
    auto is_payment = !request.order.empty();
    auto reply = counted(is_payment ? Doing::pay : Doing::hold, [&] {
        return person.user.at(url_)
            .with("Idempotency-Key", request.key)
            .post(is_payment ? "/api/payments" : "/api/orders", request.body);
    });
    if (!reply) return std::nullopt;
    if (reply->status != 201) {
        EXPECT_TRUE(reply->status == 409 || (reply->status == 402 && is_payment))
            << reply->asked << ": " << reply->status << " " << reply->body << " to " << request.body;
        return "";
    }
    if (is_payment)
        answers.paid(person.user, request.order, *reply, request.key, request.body);
    else
        answers.ordered(person.user, *reply, request.key, request.body);
    return reply->at("id");
}

bool Traffic::repeat_open(Person& person) {
    std::erase_if(person.open, [&](const Request& request) { return finish(person, request).has_value(); });
    return person.open.empty();
}

std::string Traffic::some_ticket(Person& person) {
    std::lock_guard lock{mutex_};
    return tickets_[person.random() % tickets_.size()];
}

// Holds one or two tickets and mostly pays; some orders are cancelled, some left to run out.
void Traffic::buy(Person& person) {
    auto first = some_ticket(person), second = some_ticket(person);
    std::vector<Wanted> wanted{{first, static_cast<int>(1 + person.random() % 2)}};
    if (second != first && person.random() % 3 == 0) wanted.push_back({second, 1});
    Request hold{fresh_email("key"), basket(wanted)};
    auto order = finish(person, hold);
    if (!order) person.open.push_back(std::move(hold));
    if (!order || order->empty()) return;
    auto chance = person.random() % 10;
    if (chance == 0) return;
    if (chance == 1) {
        auto reply =
            counted(Doing::hold, [&] { return person.user.at(url_).delete_("/api/orders/" + *order); });
        if (!reply) return;
        EXPECT_EQ(reply->status, 204) << reply->body;
        answers.cancelled(*order);
        return;
    }
    Request pay{fresh_email("key"), payment(*order, chance == 2 ? declined_card : good_card), *order};
    if (!finish(person, pay)) person.open.push_back(std::move(pay));
}

void Traffic::offer(Person& person) {
    auto reply = counted(Doing::list, [&] {
        return person.user.at(url_)
            .with("Idempotency-Key", fresh_email("key"))
            .post("/api/tickets", Offer{.title = "Offer " + fresh_email("o"), .quantity = 200}.json());
    });
    if (!reply) return;
    reply->expect(201);
    answers.listed(person.user, *reply);
    std::lock_guard lock{mutex_};
    tickets_.push_back(reply->at("id"));
    if (tickets_.size() > tickets_known) tickets_.erase(tickets_.begin());
}

void Traffic::sell(Person& person) {
    offer(person);
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, 10 * between_turns, [this] { return stopped_; });
}

void Traffic::search(Person& person) {
    if (auto reply =
            counted(Doing::search, [&] { return person.user.at(url_).get("/api/tickets?limit=10"); }))
        EXPECT_EQ(reply->status, 200) << reply->body;
}

void Traffic::visit(Person&) {
    if (auto reply = counted(Doing::page, [&] { return Visitor{url_}.get("/auth/signin"); }))
        EXPECT_EQ(reply->status, 200) << reply->body;
}

}  // namespace stagedoor::testing
