#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::handlers {

// stock.set: takes over the capacity that orders decided on, given its holds and sales.
void stock_set(sql::Tx& tx, const contracts::StockSet& event) {
    store::set_capacity(tx, event.ticket_id, event.capacity);
}

}  // namespace stagedoor::tickets::handlers
