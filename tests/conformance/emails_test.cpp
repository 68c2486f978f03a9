// Emails, end to end: recipients, contents, and links that work once.
#include <sodium.h>

#include "tests/conformance/shared_marketplace.hpp"

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

struct Email {
    std::string subject, text, html;

    // The token of its link to `page`.
    [[nodiscard]] std::string token(const std::string& page) const {
        auto before = page + "#token=";
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

Email parse_email(const std::string& message) {
    auto part = [&](const std::string& type) {
        auto at = message.find("Content-Type: " + type);
        return from_base64(between(message, "\r\n\r\n", "\r\n--", at));
    };
    auto subject = between(message, "\r\nSubject: ", "\r\n");
    return {subject, part("text/plain"), part("text/html")};
}

// Waits for `count` emails to `user` whose subject contains `subject`.
std::vector<Email> emails(const User& user, const std::string& subject, std::size_t count = 1) {
    std::vector<Email> found;
    EXPECT_TRUE(becomes_true(
        [&] {
            found.clear();
            for (const auto& message : shared().marketplace->mails_to(user.email)) {
                auto email = parse_email(message);
                if (email.subject.find(subject) != std::string::npos) found.push_back(std::move(email));
            }
            return found.size() >= count;
        },
        10s, 20ms))
        << "no email with subject \"" << subject << "\" to " << user.email;
    EXPECT_EQ(found.size(), count) << subject;
    found.resize(count);
    return found;
}

std::string token_body(const std::string& token) { return R"({"token":)" + json_text(token) + "}"; }
std::string new_password(const std::string& token, const std::string& password) {
    return R"({"token":)" + json_text(token) + R"(,"password":)" + json_text(password) + "}";
}
Response sign_in(const User& user, const std::string& password) {
    return shared().anonymous().post("/api/users/signin", R"({"email":)" + json_text(user.email) +
                                                              R"(,"password":)" + json_text(password) + "}");
}
Response request_reset(const std::string& email) {
    return shared().anonymous().post("/api/users/password/reset", R"({"email":)" + json_text(email) + "}");
}

// The tokens of the user's `count` password reset emails.
std::set<std::string> reset_tokens(const User& user, std::size_t count) {
    std::set<std::string> tokens;
    for (const auto& email : emails(user, "assword", count)) tokens.insert(email.token("/auth/reset"));
    return tokens;
}

TEST(Emails, confirm_an_address_once) {
    auto user = sign_up(shared().url);
    auto token = emails(user, "onfirm")[0].token("/auth/confirm");
    ASSERT_FALSE(token.empty());
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(token, "eight blue teapots"))
        .expect(400);
    shared().anonymous().post("/api/users/confirm", token_body(token)).expect(200, user.id);
    shared().anonymous().post("/api/users/confirm", token_body(token)).expect(400);
    user.at(shared().url).post("/api/users/confirm/resend").expect(409);
}

TEST(Emails, reset_a_forgotten_password_once) {
    auto user = sign_up(shared().url);
    request_reset(user.email).expect(200);
    auto tokens = reset_tokens(user, 1);
    const auto& token = *tokens.begin();
    ASSERT_FALSE(token.empty());
    shared().anonymous().post("/api/users/confirm", token_body(token)).expect(400);
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(token, "short"))
        .expect(400)
        .expect_fields({"password"});
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(token, "eight blue teapots"))
        .expect(200);
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(token, "nine blue teapots"))
        .expect(400);
    sign_in(user, user.password).expect(401);
    sign_in(user, "eight blue teapots").expect(200, user.id);
    EXPECT_TRUE(becomes_true([&] { return user.at(shared().url).get("/api/orders").status == 401; }, 2s));
}

TEST(Emails, invalidate_the_previous_link) {
    auto user = sign_up(shared().url);
    request_reset(user.email).expect(200);
    auto first = *reset_tokens(user, 1).begin();
    request_reset(user.email).expect(200);
    auto both = reset_tokens(user, 2);
    both.erase(first);
    ASSERT_EQ(both.size(), 1u);
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(first, "eight blue teapots"))
        .expect(400);
    shared()
        .anonymous()
        .post("/api/users/password/reset/confirm", new_password(*both.begin(), "eight blue teapots"))
        .expect(200);
}

TEST(Emails, do_not_reveal_who_has_an_account) {
    auto user = sign_up(shared().url);
    auto unknown = unique_email("unknown");
    auto known_response = request_reset(user.email).expect(200),
         unknown_response = request_reset(unknown).expect(200);
    EXPECT_EQ(known_response.body, unknown_response.body);
    (void)emails(user, "assword");
    EXPECT_TRUE(shared().marketplace->mails_to(unknown).empty());
    request_reset("no address").expect(400).expect_fields({"email"});
}

TEST(Emails, notify_buyer_and_seller_of_a_purchase_once) {
    auto seller = sign_up(shared().url), buyer = sign_up(shared().url);
    auto title = fresh_word();
    auto ticket = list_ticket(seller.at(shared().url), {.title = title + " <b>&", .quantity = 5});
    auto order = testing::order(buyer.at(shared().url), {{ticket, 2}}).expect(201).at("id");
    pay(buyer.at(shared().url), order).expect(201);
    pay(buyer.at(shared().url), order).expect(201);
    expect_invariants_hold(*shared().marketplace);
    auto bought = emails(buyer, "Your tickets")[0];
    EXPECT_NE(bought.text.find(title), std::string::npos) << bought.text;
    EXPECT_NE(bought.text.find("39.98"), std::string::npos) << bought.text;
    EXPECT_NE(bought.text.find("/orders/" + order), std::string::npos) << bought.text;
    EXPECT_NE(bought.html.find("&lt;b&gt;&amp;"), std::string::npos) << bought.html;
    EXPECT_EQ(bought.html.find(title + " <b>"), std::string::npos) << bought.html;
    auto sold = emails(seller, "You sold 2 tickets")[0];
    EXPECT_NE(sold.text.find("39.98"), std::string::npos) << sold.text;
    EXPECT_EQ(shared().marketplace->mails_to(buyer.email).size(),
              2u);  // the first one confirms the address
    EXPECT_EQ(shared().marketplace->mails_to(seller.email).size(), 2u);
}

TEST(Emails, notify_the_buyers_of_a_cancelled_listing) {
    auto seller = sign_up(shared().url), paid = sign_up(shared().url), unpaid = sign_up(shared().url);
    auto title = fresh_word();
    auto ticket = list_ticket(seller.at(shared().url), {.title = title, .quantity = 5});
    auto order = testing::order(paid.at(shared().url), {{ticket, 2}}).expect(201).at("id");
    testing::order(unpaid.at(shared().url), {{ticket}}).expect(201);
    pay(paid.at(shared().url), order).expect(201);
    cancel_listing(seller.at(shared().url), ticket).expect(200);
    expect_invariants_hold(*shared().marketplace);
    EXPECT_TRUE(becomes_true([&] { return shared().marketplace->mails_to(paid.email).size() == 4; }, 10s));
    EXPECT_EQ(shared().marketplace->mails_to(unpaid.email).size(), 2u);
    (void)emails(paid, "39.98");  // the refunded amount appears in one email only
}

TEST(Emails, notify_the_buyers_of_a_changed_event) {
    auto seller = sign_up(shared().url), buyer = sign_up(shared().url);
    auto ticket = list_ticket(seller.at(shared().url), {.quantity = 5, .more = R"(,"seats":"Row 7")"});
    auto order = testing::order(buyer.at(shared().url), {{ticket, 2}}).expect(201).at("id");
    pay(buyer.at(shared().url), order).expect(201);
    (void)emails(buyer, "Your tickets");
    seller.at(shared().url)
        .put("/api/tickets/" + ticket, R"({"title":"Another concert","price":19.99,"seats":"Standing"})")
        .expect(200);
    auto changed = emails(buyer, "New title and seats")[0];
    for (auto part : {"Another concert", "A concert", "Standing", "Row 7", "return the tickets"})
        EXPECT_NE(changed.text.find(part), std::string::npos) << part << " in " << changed.text;
}

}  // namespace
}  // namespace stagedoor::testing
