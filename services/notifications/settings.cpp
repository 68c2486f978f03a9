#include "services/notifications/settings.hpp"

#include "common/outbound/address.hpp"
#include "common/service/settings.hpp"
#include "common/text/domain.hpp"

namespace stagedoor::notifications {
namespace {

std::string check_smtp_url(std::string& text) {
    auto scheme = text.starts_with("smtps://") ? 8U : text.starts_with("smtp://") ? 7U : 0U;
    auto is_server = scheme > 0 && outbound::host_of(std::string_view{text}.substr(scheme));
    return is_server ? "" : "must look like smtp://mail.example:587 or smtps://mail.example:465";
}

std::string check_mail_from(std::string& text) {
    // An internationalized domain as A-labels, which every mail server accepts.
    if (auto ascii = text::with_ascii_domain(text); ascii && !outbound::is_mail_address(text)) text = *ascii;
    return outbound::is_mail_address(text) ? "" : "must be a bare email address, such as tickets@example.com";
}

// "off" until somebody decides: --demo turns the page on where only this machine can see it.
settings::Value<Settings> mail_page() {
    return {[](Settings& to, const std::string& text) -> std::string {
                if (text != "on" && text != "off") return "must be on or off";
                to.mail_page = text == "on";
                return {};
            },
            [](const Settings& from) { return std::string{from.mail_page.value_or(false) ? "on" : "off"}; },
            "on or off"};
}

void check(const Settings& own, const ProgramSettings& program, std::vector<std::string>& problems) {
    if (own.smtp_user.empty() != own.smtp_password.empty())
        problems.emplace_back("SMTP_USER and SMTP_PASSWORD are needed together");
    if (!own.smtp_url.empty()) {
        if (program.public_url.empty())
            problems.emplace_back("--public-url is missing: links in emails begin with it");
        if (own.mail_from == Settings{}.mail_from)
            problems.emplace_back("--mail-from is missing: the address that emails come from");
        if (!own.smtp_requires_tls && !own.smtp_password.empty() && !settings::is_loopback_url(own.smtp_url))
            problems.emplace_back(
                "--smtp-tls try would send SMTP_PASSWORD unencrypted: only to this machine");
    }
    if (own.mail_page.value_or(false) && !program.is_local())
        problems.emplace_back(
            "--mail-page on would show emails to others: only with a loopback --address, and a --public-url "
            "that is "
            "absent or localhost");
}

void inform(const Settings& own, ProgramSettings& program) { program.sends_emails = !own.smtp_url.empty(); }

void adapt_to_demo(Settings& own, const ProgramSettings& program) {
    if (!own.mail_page) own.mail_page = program.is_local();
}

}  // namespace

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--smtp-url", "SMTP_URL",
             "mail server, such as smtp://mail.example:587 or smtps://mail.example:465; needs --public-url "
             "and --mail-from; without one, emails are files in the data folder",
             settings::checked_text(&Settings::smtp_url, check_smtp_url)},
            {"--smtp-tls", "SMTP_TLS",
             "demand, or try: send unencrypted if the server has no TLS (a password only to this machine)",
             settings::choice<Settings, bool>(&Settings::smtp_requires_tls,
                                              {{"demand", true}, {"try", false}})},
            {"--smtp-user", "SMTP_USER", "user name at the mail server",
             settings::any_text(&Settings::smtp_user)},
            {"--mail-from", "STAGEDOOR_MAIL_FROM", "sender address of emails",
             settings::checked_text(&Settings::mail_from, check_mail_from)},
            {"--mail-page", "STAGEDOOR_MAIL_PAGE",
             "on shows all emails at /dev/mails while no mail server is set: development only, on a loopback "
             "address; --demo turns it on there",
             mail_page()},
            {"--email-days", "STAGEDOOR_EMAIL_DAYS",
             "days after which the content of an email is removed, and the mail server's reply; 0: never",
             settings::whole(&Settings::email_days, 0, 3650)},
            {"", "SMTP_PASSWORD", "password of SMTP_USER", settings::any_text(&Settings::smtp_password),
             Kind::secret},
            {"",
             "MAIL_LINK_SECRET",
             "generates the tokens of links in emails; the same for auth and notifications; one process "
             "generates it in its data folder if it is not set",
             settings::secret_text(&Settings::mail_link_secret),
             Kind::secret,
             {},
             "mail-link.secret"},
        },
        check,
        adapt_to_demo,
        inform};
}

}  // namespace stagedoor::notifications
