#include "services/admissions/settings.hpp"

#include <fstream>
#include <sstream>

namespace stagedoor::admissions {
namespace {

std::string content_of(const std::string& path) {
    std::stringstream text;
    if (std::ifstream file{path, std::ios::binary}; !file || !(text << file.rdbuf()))
        throw std::runtime_error("can't read " + path);
    return text.str();
}

void check_apple(const Settings& settings, std::vector<std::string>& problems) {
    auto given = {settings.apple_certificate.empty(), settings.apple_issuer.empty(),
                  settings.apple_key.empty()};
    if (std::ranges::count(given, true) % 3 != 0) {
        problems.emplace_back(
            "--apple-wallet-certificate, --apple-wallet-issuer and APPLE_WALLET_KEY are needed together");
        return;
    }
    try {
        (void)make_apple_wallet(settings);
    } catch (const std::runtime_error& error) {
        problems.push_back(std::string{"Apple Wallet: "} + error.what());
    }
}

void check_google(const Settings& settings, const ProgramSettings& program,
                  std::vector<std::string>& problems) {
    if (settings.google_account.empty() != settings.google_issuer.empty()) {
        problems.emplace_back("--google-wallet-issuer and GOOGLE_WALLET_ACCOUNT are needed together");
        return;
    }
    try {
        (void)make_google_wallet(settings, program.origin());
    } catch (const std::runtime_error& error) {
        problems.push_back(std::string{"GOOGLE_WALLET_ACCOUNT: "} + error.what());
    }
}

}  // namespace

std::unique_ptr<const wallet::Apple> make_apple_wallet(const Settings& settings) {
    if (settings.apple_certificate.empty()) return nullptr;
    return std::make_unique<wallet::Apple>(content_of(settings.apple_certificate), settings.apple_key,
                                           content_of(settings.apple_issuer));
}

std::unique_ptr<const wallet::Google> make_google_wallet(const Settings& settings,
                                                         const std::string& origin) {
    if (settings.google_account.empty()) return nullptr;
    return std::make_unique<wallet::Google>(settings.google_account, settings.google_issuer, origin);
}

void check_settings(const Settings& settings, const ProgramSettings& program,
                    std::vector<std::string>& problems) {
    if (!settings.secret_previous.empty() && settings.secret_previous == settings.secret) {
        problems.emplace_back(
            "ADMISSIONS_SECRET_PREVIOUS is the same as ADMISSIONS_SECRET: set ADMISSIONS_SECRET to another "
            "one, or remove ADMISSIONS_SECRET_PREVIOUS");
    }
    check_apple(settings, problems);
    check_google(settings, program, problems);
}

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--apple-wallet-certificate", "STAGEDOOR_APPLE_WALLET_CERTIFICATE",
             "file with the Pass Type ID certificate for Apple Wallet (PEM); without it, there are no "
             "tickets for it",
             settings::any_text(&Settings::apple_certificate)},
            {"--apple-wallet-issuer", "STAGEDOOR_APPLE_WALLET_ISSUER",
             "file with the certificate of Apple that has issued --apple-wallet-certificate (PEM)",
             settings::any_text(&Settings::apple_issuer)},
            {"--google-wallet-issuer", "STAGEDOOR_GOOGLE_WALLET_ISSUER",
             "number of the issuer account at Google Wallet; without it, there are no tickets for it",
             settings::any_text(&Settings::google_issuer)},
            {"",
             "ADMISSIONS_SECRET",
             "encrypts the keys that sign ticket codes at rest, and generates the links of doors and "
             "transfers; "
             "one process generates it in its data folder if it is not set",
             settings::secret_text(&Settings::secret),
             Kind::secret,
             {},
             "admissions.secret"},
            {"", "ADMISSIONS_SECRET_PREVIOUS",
             "the secret that ADMISSIONS_SECRET replaces: keys are encrypted anew, and existing links and "
             "devices work until it is removed",
             settings::secret_text(&Settings::secret_previous), Kind::secret},
            {"", "APPLE_WALLET_KEY",
             "the private key of --apple-wallet-certificate (PEM, without a password)",
             settings::secret_text(&Settings::apple_key), Kind::secret},
            {"", "GOOGLE_WALLET_ACCOUNT",
             "the JSON key of the service account that signs tickets for Google Wallet",
             settings::secret_text(&Settings::google_account), Kind::secret},
        },
        check_settings};
}

}  // namespace stagedoor::admissions
