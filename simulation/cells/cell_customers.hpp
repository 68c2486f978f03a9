// Customers of a marketplace in several cells: a seller, and buyers who buy in all of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulation/cells/cell_marketplace.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

// A request about a listing or an order of one cell, or of none (0).
struct CellRequest {
    int cell = 0;
    std::string what;
    Duration sent{}, responded{};
    int status = 0;  // 503 also for a form that comes back because of one
    bool succeeded = false;
};

class CellCustomers {
  public:
    CellCustomers(CellMarketplace& marketplace, int buyers);

    // Signs everybody up and makes the listings, the same number in each cell.
    void open(int listings_per_cell);
    [[nodiscard]] bool is_open() const { return open_; }

    // Each buyer looks, holds, pays and looks again, until `end`.
    void shop_until(Duration end);
    // `per_second` buyers arrive until `end`. While `max_at_once` are buying, others are turned away, as by a
    // waiting room.
    void rush_until(Duration end, double per_second, int max_at_once);
    [[nodiscard]] bool are_done() const { return active_ == 0; }

    // Signs everybody out. Then `found` names the services that still accept their sessions, and the cells
    // that have emailed links to accounts.
    void leave(std::vector<std::string>& found);

    // Called with each response.
    std::function<void(const CellRequest&)> on_response = [](const CellRequest&) {};

    struct Purchases {
        std::int64_t started = 0, turned_away = 0;
        std::vector<Duration> paid_at;
    };
    [[nodiscard]] const Purchases& purchases() const { return purchases_; }
    [[nodiscard]] std::int64_t requests() const { return requests_.sent; }

  private:
    void spawn(Task<> task);
    [[nodiscard]] Task<Response> send(Customer& customer, int cell, std::string what, http::Request request);
    [[nodiscard]] Task<> sign_up(Customer& customer);
    [[nodiscard]] Task<> sign_up_and_list(int listings_per_cell);
    [[nodiscard]] Task<> shop(Customer& buyer, Duration end);
    [[nodiscard]] Task<> buy_one(Customer& buyer);
    [[nodiscard]] Task<> look_around(Customer& buyer);
    [[nodiscard]] Task<> rush(Duration end, double per_second, int max_at_once);
    [[nodiscard]] Task<> purchase(Customer& buyer);
    [[nodiscard]] Task<> sign_out_and_check(std::vector<std::string>& found);

    CellMarketplace& marketplace_;
    World& world_;
    CustomerClient requests_;
    std::vector<std::unique_ptr<Customer>> buyers_;
    Customer seller_;
    std::vector<std::string> listings_;
    Purchases purchases_;
    std::int64_t active_ = 0;
    bool open_ = false;
};

}  // namespace stagedoor::simulation
