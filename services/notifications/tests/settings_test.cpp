#include "services/notifications/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::notifications {
namespace {

using testing::Environment;

std::vector<std::string> sending_by(const std::string& server) {
    return {"--smtp-url",        server, "--public-url", "https://tickets.example", "--mail-from",
            "us@tickets.example"};
}

struct NotificationsSettings : testing::SettingsTest {
    NotificationsSettings() : SettingsTest({{"notifications", settings_group()}}) {}
    Settings own(std::vector<std::string> flags = {}) {
        return std::any_cast<Settings>(valid(std::move(flags)).services.at("notifications"));
    }
};

TEST_F(NotificationsSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

TEST_F(NotificationsSettings, check_the_mail_server) {
    {
        Environment password{{{"SMTP_PASSWORD", "secret"}}};
        EXPECT_NE(problem().find("together"), std::string::npos);
        EXPECT_EQ(own({"--smtp-user", "stagedoor"}).smtp_password, "secret");
    }
    for (auto text : {"smtps://mail.example:465", "smtp://mail.example", "smtp://[::1]:25"})
        EXPECT_EQ(own(sending_by(text)).smtp_url, text);
    for (auto text : {"mail.example", "http://mail.example", "smtp://", "smtp://u:p@mail.example",
                      "smtp://mail.example:0", "smtp://mail.example:70000", "smtp://:25",
                      "smtp://mail.example:", "smtp://mail.example/path"})
        EXPECT_NE(problem({"--smtp-url", text}).find("must look like"), std::string::npos) << text;
    for (auto text : {"nobody", "@mail.example", "a@b\r\nBcc: c@d", "Shop <a@b.example>", "a@b@c", "a@b,c"})
        EXPECT_NE(problem({"--mail-from", text}), "") << text;
    EXPECT_EQ(own({"--mail-from", "tickets@b\u00FCcher.example"}).mail_from, "tickets@xn--bcher-kva.example");
    EXPECT_EQ(own({"--mail-from", "Tickets@Example.com"}).mail_from, "Tickets@Example.com");
}

TEST_F(NotificationsSettings, need_a_public_url_and_a_sender_with_a_mail_server) {
    auto all = problems({"--smtp-url", "smtp://mail.example"});
    ASSERT_EQ(all.size(), 2u);
    EXPECT_TRUE(all[0].starts_with("--public-url is missing"));
    EXPECT_TRUE(all[1].starts_with("--mail-from is missing"));
}

TEST_F(NotificationsSettings, need_confirmed_emails_where_emails_are_sent) {
    auto needs = [&](const std::vector<std::string>& flags) {
        return valid(flags).program.needs_confirmed_emails();
    };
    EXPECT_FALSE(needs({}));
    auto sending = sending_by("smtp://mail.example");
    EXPECT_TRUE(needs(sending));
    sending.insert(sending.end(), {"--confirmed-emails", "optional"});
    EXPECT_FALSE(needs(sending));
    EXPECT_TRUE(needs({"--confirmed-emails", "required"}));
    EXPECT_NE(problem({"--confirmed-emails", "yes"}).find("must be required or optional"), std::string::npos);
}

TEST_F(NotificationsSettings, send_no_password_unencrypted) {
    Environment login{{{"SMTP_PASSWORD", "secret"}, {"SMTP_USER", "stagedoor"}, {"SMTP_TLS", "try"}}};
    EXPECT_TRUE(problem(sending_by("smtp://mail.example")).starts_with("--smtp-tls try"));
    for (auto here : {"smtp://127.0.0.1:25", "smtp://localhost", "smtp://[::1]:25"})
        EXPECT_FALSE(own(sending_by(here)).smtp_requires_tls) << here;
}

TEST_F(NotificationsSettings, show_emails_only_where_nobody_else_can_see_them) {
    EXPECT_EQ(own().mail_page, std::nullopt);
    EXPECT_EQ(own({"--mail-page", "off"}).mail_page, false);
    for (auto flags : {std::vector<std::string>{},
                       {"--address", "::1"},
                       {"--public-url", "http://localhost:8080"},
                       {"--public-url", "http://127.0.0.1"}}) {
        flags.insert(flags.end(), {"--mail-page", "on"});
        EXPECT_EQ(own(flags).mail_page, true);
    }
    for (auto flags : {std::vector<std::string>{"--address", "0.0.0.0"},
                       {"--address", "::"},
                       {"--public-url", "https://tickets.example"},
                       {"--public-url", "http://localhost.example"}}) {
        flags.insert(flags.end(), {"--mail-page", "on"});
        EXPECT_TRUE(problem(flags).starts_with("--mail-page on")) << flags[1];
    }
}

TEST_F(NotificationsSettings, show_emails_in_a_demo_unless_the_page_was_set_or_others_could_see_it) {
    auto in_demo = [&](std::vector<std::string> flags) {
        auto settings = valid(std::move(flags));
        options.adapt_to_demo(settings);
        return std::any_cast<Settings>(settings.services.at("notifications")).mail_page;
    };
    EXPECT_EQ(in_demo({}), true);
    EXPECT_EQ(in_demo({"--mail-page", "off"}), false);
    EXPECT_EQ(in_demo({"--address", "0.0.0.0"}), false);
    EXPECT_EQ(in_demo({"--public-url", "https://tickets.example"}), false);
}

}  // namespace
}  // namespace stagedoor::notifications
