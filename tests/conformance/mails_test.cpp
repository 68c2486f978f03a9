// What is mailed, end to end: who gets it, what it says, and that its links work once.
#include <sodium.h>

#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

std::string from_base64(const std::string& text) {
    std::string bytes(text.size(), '\0');
    std::size_t length = 0;
    EXPECT_EQ(sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                text.size(), "\r\n", &length, nullptr, sodium_base64_VARIANT_ORIGINAL),
              0);
    bytes.resize(length);
    return bytes;
}

struct Mail {
    std::string subject, text, html;

    // The token in its link to `page`.
    [[nodiscard]] std::string token(const std::string& page) const {
        auto before = page + "?token=";
        auto at = text.find(before);
        if (at == std::string::npos) return {};
        at += before.size();
        return text.substr(at, text.find_first_not_of(
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", at) -
                                   at);
    }
};

std::string between(const std::string& text, const std::string& before, const std::string& after,
                    std::size_t from = 0) {
    auto at = text.find(before, from);
    if (at == std::string::npos) return {};
    at += before.size();
    return text.substr(at, text.find(after, at) - at);
}

Mail read_mail(const std::string& message) {
    auto part = [&](const std::string& type) {
        auto at = message.find("Content-Type: " + type);
        return from_base64(between(message, "\r\n\r\n", "\r\n--", at));
    };
    auto subject = between(message, "\r\nSubject: ", "\r\n");
    return {subject, part("text/plain"), part("text/html")};
}

// The mails to `user` whose subject has this in it, once there are `count` of them.
std::vector<Mail> mails(const User& user, const std::string& subject, std::size_t count = 1) {
    std::vector<Mail> found;
    EXPECT_TRUE(comes_true(
        [&] {
            found.clear();
            for (const auto& message : stage().marketplace->mails_to(user.email)) {
                auto mail = read_mail(message);
                if (mail.subject.find(subject) != std::string::npos) found.push_back(std::move(mail));
            }
            return found.size() >= count;
        },
        10s, 20ms))
        << "no mail about \"" << subject << "\" to " << user.email;
    EXPECT_EQ(found.size(), count) << subject;
    found.resize(count);
    return found;
}

std::string token_body(const std::string& token) { return R"({"token":)" + json_text(token) + "}"; }
std::string new_password(const std::string& token, const std::string& password) {
    return R"({"token":)" + json_text(token) + R"(,"password":)" + json_text(password) + "}";
}
Reply sign_in(const User& user, const std::string& password) {
    return stage().nobody().post("/api/users/signin", R"({"email":)" + json_text(user.email) +
                                                          R"(,"password":)" + json_text(password) + "}");
}
Reply ask_for_reset(const std::string& email) {
    return stage().nobody().post("/api/users/password/reset", R"({"email":)" + json_text(email) + "}");
}

// The token of the newest mail, of those that came after `known` of them.
std::set<std::string> reset_tokens(const User& user, std::size_t count) {
    std::set<std::string> tokens;
    for (const auto& mail : mails(user, "assword", count)) tokens.insert(mail.token("/auth/reset"));
    return tokens;
}

TEST(Mails, confirm_an_address_once) {
    auto user = sign_up(stage().url);
    auto token = mails(user, "onfirm")[0].token("/auth/confirm");
    ASSERT_FALSE(token.empty());
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(token, "eight blue teapots"))
        .expect(400);
    stage().nobody().post("/api/users/confirm", token_body(token)).expect(200, user.id);
    stage().nobody().post("/api/users/confirm", token_body(token)).expect(400);
    user.at(stage().url).post("/api/users/confirm/resend").expect(409);
}

TEST(Mails, let_a_forgotten_password_be_replaced_once) {
    auto user = sign_up(stage().url);
    ask_for_reset(user.email).expect(200);
    auto tokens = reset_tokens(user, 1);
    const auto& token = *tokens.begin();
    ASSERT_FALSE(token.empty());
    stage().nobody().post("/api/users/confirm", token_body(token)).expect(400);
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(token, "short"))
        .expect(400)
        .expect_fields({"password"});
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(token, "eight blue teapots"))
        .expect(200);
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(token, "nine blue teapots"))
        .expect(400);
    sign_in(user, user.password).expect(401);
    sign_in(user, "eight blue teapots").expect(200, user.id);
    EXPECT_TRUE(comes_true([&] { return user.at(stage().url).get("/api/orders").status == 401; }, 2s));
}

TEST(Mails, void_the_link_before) {
    auto user = sign_up(stage().url);
    ask_for_reset(user.email).expect(200);
    auto first = *reset_tokens(user, 1).begin();
    ask_for_reset(user.email).expect(200);
    auto both = reset_tokens(user, 2);
    both.erase(first);
    ASSERT_EQ(both.size(), 1u);
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(first, "eight blue teapots"))
        .expect(400);
    stage()
        .nobody()
        .post("/api/users/password/reset/confirm", new_password(*both.begin(), "eight blue teapots"))
        .expect(200);
}

TEST(Mails, tell_nobody_who_has_an_account) {
    auto user = sign_up(stage().url);
    auto unknown = fresh_email("unknown");
    auto known = ask_for_reset(user.email).expect(200), nobody = ask_for_reset(unknown).expect(200);
    EXPECT_EQ(known.body, nobody.body);
    (void)mails(user, "assword");
    EXPECT_TRUE(stage().marketplace->mails_to(unknown).empty());
    ask_for_reset("no address").expect(400).expect_fields({"email"});
}

TEST(Mails, tell_buyer_and_seller_of_a_purchase_once) {
    auto seller = sign_up(stage().url), buyer = sign_up(stage().url);
    auto title = fresh_word();
    auto ticket = list_ticket(seller.at(stage().url), {.title = title + " <b>&", .quantity = 5});
    auto order = testing::order(buyer.at(stage().url), {{ticket, 2}}).expect(201).at("id");
    pay(buyer.at(stage().url), order).expect(201);
    pay(buyer.at(stage().url), order).expect(201);
    expect_sound_books(*stage().marketplace);
    auto bought = mails(buyer, title)[0];
    EXPECT_NE(bought.text.find("39.98"), std::string::npos) << bought.text;
    EXPECT_NE(bought.text.find("/orders/" + order), std::string::npos) << bought.text;
    EXPECT_NE(bought.html.find("&lt;b&gt;&amp;"), std::string::npos) << bought.html;
    EXPECT_EQ(bought.html.find(title + " <b>"), std::string::npos) << bought.html;
    auto sold = mails(seller, title)[0];
    EXPECT_NE(sold.text.find("39.98"), std::string::npos) << sold.text;
    EXPECT_EQ(stage().marketplace->mails_to(buyer.email).size(),
              2u);  // the first wants the address confirmed
    EXPECT_EQ(stage().marketplace->mails_to(seller.email).size(), 2u);
}

TEST(Mails, tell_the_buyers_of_a_listing_that_is_called_off) {
    auto seller = sign_up(stage().url), paid = sign_up(stage().url), unpaid = sign_up(stage().url);
    auto title = fresh_word();
    auto ticket = list_ticket(seller.at(stage().url), {.title = title, .quantity = 5});
    auto order = testing::order(paid.at(stage().url), {{ticket, 2}}).expect(201).at("id");
    testing::order(unpaid.at(stage().url), {{ticket}}).expect(201);
    pay(paid.at(stage().url), order).expect(201);
    call_off(seller.at(stage().url), ticket).expect(200);
    expect_sound_books(*stage().marketplace);
    EXPECT_TRUE(comes_true([&] { return stage().marketplace->mails_to(paid.email).size() == 4; }, 10s));
    EXPECT_EQ(stage().marketplace->mails_to(unpaid.email).size(), 2u);
    (void)mails(paid, "39.98");  // how much is paid back is said once
}

}  // namespace
}  // namespace stagedoor::testing
