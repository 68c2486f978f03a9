// Tickets for Apple Wallet: a zip of JSON and icons, signed with the operator's certificate.
// https://developer.apple.com/documentation/walletpasses/building-a-pass
#pragma once

#include <memory>
#include <string>

#include "services/admissions/wallet/ticket.hpp"

namespace stagedoor::admissions::wallet {

class Apple {
  public:
    // All in PEM: the Pass Type ID certificate, its key, and the certificate of Apple that has issued it.
    // Throws std::runtime_error, with a message for the operator, if they can't be used.
    Apple(const std::string& certificate, const std::string& key, const std::string& issuer);
    ~Apple();

    // The .pkpass file. Any thread.
    [[nodiscard]] std::string file_for(const Ticket& ticket, Instant now) const;

  private:
    struct Keys;
    const std::unique_ptr<const Keys> keys_;
};

}  // namespace stagedoor::admissions::wallet
