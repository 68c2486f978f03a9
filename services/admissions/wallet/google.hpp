// Tickets for Google Wallet: a link with a signed description of the ticket, which Google stores when it is
// opened. https://developers.google.com/wallet/tickets/events/web
#pragma once

#include <memory>
#include <string>

#include "services/admissions/wallet/ticket.hpp"

namespace stagedoor::admissions::wallet {

class Google {
  public:
    // `account`: the JSON key file of a service account; `issuer`: the number of the operator's Wallet
    // account; `origin`: of the shop. Throws std::runtime_error, with a message for the operator, if they
    // can't be used.
    Google(const std::string& account, std::string issuer, std::string origin);
    ~Google();

    // Any thread.
    [[nodiscard]] std::string link_for(const Ticket& ticket, Instant now) const;

  private:
    struct Account;
    const std::unique_ptr<const Account> account_;
};

}  // namespace stagedoor::admissions::wallet
