#include "testing/model/workload.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "testing/processes/process.hpp"

namespace stagedoor::testing {
namespace {

// Leaves a small machine some time for the system under test.
constexpr auto think_time = 10ms;
constexpr std::size_t max_tickets = 30;
constexpr auto max_response_time = 30s;

}  // namespace

std::string_view to_text(Action action) {
    constexpr std::array names{"page", "search", "list", "hold", "pay"};
    return names[static_cast<std::size_t>(action)];
}

Workload::Workload(std::string url, int buyers, int sellers, std::uint64_t seed) : url_(std::move(url)) {
    std::mt19937_64 random{seed};
    for (auto& user : sign_up_many(url_, buyers + sellers + 2)) {
        expected.signed_up(user);
        customers_.push_back({std::move(user), std::mt19937_64{random()}, {}});
    }
    auto first_seller = static_cast<std::size_t>(buyers);
    for (int i = 0; i < 10; ++i) offer(customers_[first_seller + static_cast<std::size_t>(i % sellers)]);
    reset_counts();
    for (std::size_t i = 0; i < customers_.size(); ++i) {
        auto turn = i < first_seller            ? &Workload::buy
                    : i + 2 < customers_.size() ? &Workload::sell
                    : i + 1 < customers_.size() ? &Workload::search
                                                : &Workload::visit;
        threads_.emplace_back([this, turn, &customer = customers_[i]] { run(customer, turn); });
    }
}

Workload::~Workload() {
    {
        std::lock_guard lock{mutex_};
        stopped_ = true;
    }
    changed_.notify_all();
}

// ---- turns

bool Workload::wait_for_turn() {
    std::unique_lock lock{mutex_};
    ++resting_;
    changed_.notify_all();
    changed_.wait_for(lock, think_time, [this] { return stopped_; });
    changed_.wait(lock, [this] { return stopped_ || !paused_; });
    --resting_;
    return !stopped_;
}

void Workload::run(Customer& customer, void (Workload::*turn)(Customer&)) {
    while (wait_for_turn()) {
        try {
            if (repeat_open(customer)) (this->*turn)(customer);
        } catch (const std::exception& error) {
            ADD_FAILURE() << "a customer stopped: " << error.what();
            return;
        }
    }
}

void Workload::pause(std::chrono::milliseconds limit) {
    std::unique_lock lock{mutex_};
    paused_ = true;
    auto all_resting = [this] { return resting_ == static_cast<int>(customers_.size()); };
    if (!changed_.wait_for(lock, max_response_time + 5s, all_resting))
        ADD_FAILURE() << "a customer still waits for a response";
    auto deadline = Ticks::now() + limit;
    for (auto& customer : customers_) {
        while (!repeat_open(customer)) {
            if (Ticks::now() >= deadline) {
                ADD_FAILURE() << "a repeated request gets no response: " << customer.open.front().body;
                return;
            }
            changed_.wait_for(lock, 50ms);
        }
    }
}

void Workload::resume() {
    {
        std::lock_guard lock{mutex_};
        paused_ = false;
    }
    changed_.notify_all();
}

// ---- counting

void Workload::reset_counts() {
    for (auto& counter : counters_)
        counter.done = counter.unavailable = counter.unanswered = counter.first_success = 0;
    counting_since_ = Ticks::now().time_since_epoch().count();
}

Attempts Workload::counts(Action action) const {
    const auto& counter = counters_[static_cast<std::size_t>(action)];
    return {counter.done, counter.unavailable, counter.unanswered};
}

std::optional<std::chrono::milliseconds> Workload::time_to_recover(std::chrono::milliseconds limit) const {
    auto all = [this] {
        return std::ranges::all_of(counters_,
                                   [](const Counter& counter) { return counter.first_success != 0; });
    };
    if (!becomes_true(all, limit)) return std::nullopt;
    Ticks::rep last = 0;
    for (const auto& counter : counters_) last = std::max(last, counter.first_success.load());
    return std::chrono::duration_cast<std::chrono::milliseconds>(Ticks::duration{last - counting_since_});
}

template <class Send>
std::optional<Response> Workload::attempt(Action action, Send send) {
    auto& counter = counters_[static_cast<std::size_t>(action)];
    auto began = Ticks::now().time_since_epoch().count();
    try {
        Response response = send();
        // An event may take longer to arrive than the service waits for it.
        auto is_in_flight = response.status == 404 && (action == Action::pay || action == Action::hold);
        if (response.status >= 500 || is_in_flight) {
            ++counter.unavailable;
            return std::nullopt;
        }
        ++counter.done;
        Ticks::rep none = 0;
        if (response.status < 300 && began >= counting_since_)
            counter.first_success.compare_exchange_strong(none, Ticks::now().time_since_epoch().count());
        return response;
    } catch (const NoResponse&) {
        ++counter.unanswered;
        return std::nullopt;
    }
}

// ---- actions

std::optional<std::string> Workload::finish(Customer& customer, const PendingRequest& request) {
    auto is_payment = !request.order.empty();
    auto response = attempt(is_payment ? Action::pay : Action::hold, [&] {
        return customer.user.at(url_)
            .with("Idempotency-Key", request.key)
            .post(is_payment ? "/api/payments" : "/api/orders", request.body);
    });
    if (!response) return std::nullopt;
    if (response->status != 201) {
        EXPECT_TRUE(response->status == 409 || (response->status == 402 && is_payment))
            << response->request << ": " << response->status << " " << response->body << " to "
            << request.body;
        return "";
    }
    if (is_payment)
        expected.paid(customer.user, request.order, *response, request.key, request.body);
    else
        expected.ordered(customer.user, *response, request.key, request.body);
    return response->at("id");
}

bool Workload::repeat_open(Customer& customer) {
    std::erase_if(customer.open,
                  [&](const PendingRequest& request) { return finish(customer, request).has_value(); });
    return customer.open.empty();
}

std::string Workload::some_ticket(Customer& customer) {
    std::lock_guard lock{mutex_};
    return tickets_[customer.random() % tickets_.size()];
}

// Orders one or two tickets and usually pays; some orders are cancelled, some left to expire.
void Workload::buy(Customer& customer) {
    auto first = some_ticket(customer), second = some_ticket(customer);
    std::vector<OrderItem> wanted{{first, static_cast<int>(1 + customer.random() % 2)}};
    if (second != first && customer.random() % 3 == 0) wanted.push_back({second, 1});
    PendingRequest hold{unique_email("key"), basket(wanted)};
    auto order = finish(customer, hold);
    if (!order) customer.open.push_back(std::move(hold));
    if (!order || order->empty()) return;
    auto chance = customer.random() % 10;
    if (chance == 0) return;
    if (chance == 1) {
        auto response =
            attempt(Action::hold, [&] { return customer.user.at(url_).delete_("/api/orders/" + *order); });
        if (!response) return;
        EXPECT_EQ(response->status, 204) << response->body;
        expected.cancelled(*order);
        return;
    }
    PendingRequest pay{unique_email("key"), payment(*order, chance == 2 ? declined_card : valid_card),
                       *order};
    if (!finish(customer, pay)) customer.open.push_back(std::move(pay));
}

void Workload::offer(Customer& customer) {
    auto response = attempt(Action::list, [&] {
        return customer.user.at(url_)
            .with("Idempotency-Key", unique_email("key"))
            .post("/api/tickets", Offer{.title = "Offer " + unique_email("o"), .quantity = 200}.json());
    });
    if (!response) return;
    response->expect(201);
    expected.listed(customer.user, *response);
    std::lock_guard lock{mutex_};
    tickets_.push_back(response->at("id"));
    if (tickets_.size() > max_tickets) tickets_.erase(tickets_.begin());
}

void Workload::sell(Customer& customer) {
    offer(customer);
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, 10 * think_time, [this] { return stopped_; });
}

void Workload::search(Customer& customer) {
    if (auto response =
            attempt(Action::search, [&] { return customer.user.at(url_).get("/api/tickets?limit=10"); }))
        EXPECT_EQ(response->status, 200) << response->body;
}

void Workload::visit(Customer&) {
    if (auto response = attempt(Action::page, [&] { return Client{url_}.get("/auth/signin"); }))
        EXPECT_EQ(response->status, 200) << response->body;
}

}  // namespace stagedoor::testing
