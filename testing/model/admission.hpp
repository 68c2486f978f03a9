// Passes and doors of a marketplace under test, and the requests that they take.
#pragma once

#include <string>
#include <vector>

#include "testing/http/client.hpp"
#include "testing/model/customers.hpp"

namespace stagedoor::testing {

// ---- those that return an id, a token or a code throw unless they succeed

// The passes of a paid order, once they have been issued.
[[nodiscard]] std::vector<std::string> passes_of(const Client& holder, const std::string& order);
[[nodiscard]] std::string code_of(const Client& holder, const std::string& pass);
// The token in the link of a transfer.
[[nodiscard]] std::string offer_pass(const Client& holder, const std::string& pass);
[[nodiscard]] Response claim_pass(const Client& claimant, const std::string& token);

// A scanner at a new door of the listing.
[[nodiscard]] Client open_door(const std::string& base_url, const Client& seller, const std::string& ticket,
                               const std::string& name, const std::string& role = "steward");
[[nodiscard]] std::string scan_body(const std::string& nonce, const std::string& code,
                                    const std::string& action = "admit");
[[nodiscard]] Response scan(const Client& scanner, const std::string& body);

}  // namespace stagedoor::testing
