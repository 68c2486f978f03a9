// What customers look at, signed in or not. A page without a session is the same for everybody and at most a
// second older than the listings; a page with one is its user's own.
#pragma once

#include <string>
#include <vector>

#include "simulation/model/shown_listings.hpp"
#include "simulation/workload/requests.hpp"
#include "simulation/workload/selling.hpp"

namespace stagedoor::simulation {

class Browsing {
  public:
    Browsing(CustomerClient& requests, const Selling& selling)
        : requests_(requests), world_(requests.world), selling_(selling), listings_(requests.marketplace) {}

    // Looks at a page, or a list of the API.
    [[nodiscard]] Task<> browse(Customer& customer);
    // The same without a session: the listings and one of them.
    [[nodiscard]] Task<> visit(Customer& visitor);
    // Follows one of them for a while, and looks at it again when it changes: at what is as new as the event.
    [[nodiscard]] Task<> follow(Customer& visitor);

    // Those found since the last call.
    [[nodiscard]] std::vector<std::string> violations() { return std::exchange(violations_, {}); }

  private:
    [[nodiscard]] std::string path_of_some_listing(std::string_view collection) const;
    // `token`: with which the page was requested.
    [[nodiscard]] Task<> check_own_page(Customer& customer, std::string token, std::string path,
                                        std::string page);
    [[nodiscard]] Task<> read_event(Customer& visitor, std::string id, std::string event);
    void check_everybodys_page(const std::string& path, const std::string& page, Duration sent_at);
    void check_listing(const std::string& id, std::string_view html, Duration sent_at);

    CustomerClient& requests_;
    World& world_;
    const Selling& selling_;
    ShownListings listings_;
    std::vector<std::string> violations_;
};

}  // namespace stagedoor::simulation
