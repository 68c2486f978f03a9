#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/store/changes.hpp"
#include "services/tickets/store/sellers.hpp"

namespace stagedoor::tickets::handlers {

// seller.named: pages of the seller's listings show that name.
void seller_named(sql::Tx& tx, const contracts::SellerNamed& event) {
    store::save_seller_name(tx, event.id, event.name);
    store::listings_changed(tx);
}

}  // namespace stagedoor::tickets::handlers
