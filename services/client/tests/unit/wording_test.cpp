#include "services/client/wording.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/client/tests/unit/texts.hpp"

namespace stagedoor::client {
namespace {

TEST(Wording, stock) {
    EXPECT_EQ(stock_text(0, texts()), "Sold out");
    EXPECT_EQ(stock_text(-1, texts()), "Sold out");
    EXPECT_EQ(stock_text(1, texts()), "Last one");
    EXPECT_EQ(stock_text(5, texts()), "Only 5 left");
    EXPECT_EQ(stock_text(1'000'000, texts()), "1,000,000 left");
}

TEST(Wording, time_left) {
    using namespace std::chrono_literals;
    EXPECT_EQ(time_left(0s, texts()), "0 seconds");
    EXPECT_EQ(time_left(-5s, texts()), "0 seconds");
    EXPECT_EQ(time_left(1ms, texts()), "1 second");
    EXPECT_EQ(time_left(45s, texts()), "45 seconds");
    EXPECT_EQ(time_left(60s, texts()), "1 minute");
    EXPECT_EQ(time_left(14min + 59s, texts()), "14 minutes");
    EXPECT_EQ(time_left(2h, texts()), "2 hours");
    EXPECT_EQ(time_left(1h + 5min, texts()), "1 hour 5 minutes");
}

TEST(Wording, errors_become_sentences) {
    EXPECT_EQ(sentence({"must not be empty"_text, "title"}), "Title must not be empty");
    EXPECT_EQ(sentence({"is missing"_text, "currentPassword"}), "Current password is missing");
    EXPECT_EQ(sentence({"must be between 1 and 1000"_text, "items[0].quantity"}),
              "Quantity must be between 1 and 1000");
    EXPECT_EQ(sentence({"Wrong email or password"_text, ""}), "Wrong email or password");
    EXPECT_EQ(sentence({"something odd"_text, ""}), "Something odd");
    EXPECT_EQ(sentence({""_text, ""}), "Something went wrong");
}

TEST(Wording, options) {
    for (auto word : categories()) EXPECT_NE(category_name(word, texts()), "") << word;
    EXPECT_EQ(category_name("concert", texts(Language::de)), "Konzert");
    EXPECT_EQ(category_name("circus", texts()), "");
    auto currencies = currency_options("EUR");
    EXPECT_EQ(currencies.size(), static_cast<std::size_t>(Currency::count));
    EXPECT_EQ(std::ranges::count_if(currencies, &Option::chosen), 1);
    EXPECT_EQ(std::ranges::find(currencies, "EUR", &Option::value)->chosen, true);
}

TEST(Wording, devices) {
    EXPECT_EQ(device("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                     "Chrome/130.0.0.0 Safari/537.36",
                     texts()),
              "Chrome on Linux");
    EXPECT_EQ(
        device("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", texts()),
        "Firefox on Windows");
    EXPECT_EQ(device("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
                     "Version/17.0 Safari/604.1",
                     texts()),
              "Safari on iPhone");
    EXPECT_EQ(device("curl/8.5.0", texts()), "curl");
    EXPECT_EQ(device("", texts()), "Unknown device");
    EXPECT_EQ(device("<script>", texts()), "Unknown device");
}

TEST(Wording, is_in_the_language_of_the_page) {
    using namespace std::chrono_literals;
    EXPECT_EQ(time_left(1h + 5min, texts(Language::de)), "1 Stunde 5 Minuten");
    EXPECT_EQ(sentence({"must not be empty"_text, "title"}, Language::de), "Titel darf nicht leer sein");
    EXPECT_EQ(sentence({Message::as_is("Titel darf nicht leer sein"), "title"}, Language::de),
              "Titel darf nicht leer sein");
    EXPECT_EQ(sentence({Message{}, ""}, Language::fr), "Une erreur s’est produite");
    EXPECT_EQ(device("curl/8.5.0 (Linux)", texts(Language::es)), "curl en Linux");
}

}  // namespace
}  // namespace stagedoor::client
