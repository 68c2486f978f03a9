// What happens around admissions: sellers open doors, holders come with their tickets or pass them on, phones
// at the doors let people in, are cut off, and get lost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulation/workload/scanner.hpp"
#include "simulation/workload/selling.hpp"

namespace stagedoor::simulation {

class Doors {
  public:
    Doors(CustomerClient& requests, const Selling& selling)
        : log(requests.world), requests_(requests), world_(requests.world), selling_(selling) {}

    // A phone, at work until then. `machine`: its name in the network.
    void start_phone(std::string machine, Duration until);
    [[nodiscard]] bool are_done() const { return active_ == 0; }

    // Sets the rules of one of the seller's own listings, or opens or closes a door.
    [[nodiscard]] Task<> manage(Customer& seller);
    // Shows one of the holder's tickets at the doors.
    [[nodiscard]] Task<> arrive(Customer& holder);
    // Offers a ticket by a link, which a friend may claim.
    [[nodiscard]] Task<> transfer(Customer& holder, Customer& other);

    AdmissionLog log;

  private:
    [[nodiscard]] Task<> run(Scanner& phone, Duration until);
    [[nodiscard]] Task<> change_rules(Customer& seller, std::string listing);
    [[nodiscard]] Task<> open_door(Customer& seller, std::string listing);
    // Of doors where somebody is waiting.
    [[nodiscard]] std::vector<DoorLink> links_with_queue() const;
    [[nodiscard]] std::vector<ShownCode> queue_for(const std::string& listing) const;
    // Somebody comes with this ticket, now or later.
    [[nodiscard]] Task<> show(Customer& holder, std::string pass);
    // One of the holder's tickets; null if there is none.
    [[nodiscard]] Task<json::Value> some_pass(Customer& holder);

    CustomerClient& requests_;
    World& world_;
    const Selling& selling_;
    std::vector<std::unique_ptr<Scanner>> phones_;
    std::vector<DoorLink> links_;
    std::vector<ShownCode> queue_;
    int active_ = 0;
};

}  // namespace stagedoor::simulation
