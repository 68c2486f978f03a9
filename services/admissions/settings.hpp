// What can be set about admissions.
#pragma once

#include <memory>
#include <string>

#include "common/service/settings.hpp"
#include "services/admissions/wallet/apple.hpp"
#include "services/admissions/wallet/google.hpp"

namespace stagedoor::admissions {

struct Settings {
    std::string secret;           // encrypts listings' keys in the database, and generates links and tokens
    std::string secret_previous;  // opens what was encrypted or derived before `secret` replaced it
    std::string apple_certificate, apple_issuer;  // files; empty: no Apple Wallet
    std::string apple_key;                        // PEM
    std::string google_account;  // the JSON key of a service account; empty: no Google Wallet
    std::string google_issuer;
};

// Null if it isn't configured. Throw std::runtime_error if its keys can't be used.
[[nodiscard]] std::unique_ptr<const wallet::Apple> make_apple_wallet(const Settings& settings);
[[nodiscard]] std::unique_ptr<const wallet::Google> make_google_wallet(const Settings& settings,
                                                                       const std::string& origin);

// What is wrong with several settings together.
void check_settings(const Settings& settings, const ProgramSettings& program,
                    std::vector<std::string>& problems);

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::admissions
