// One browser's request for a page: who asks, its basket, what the services say to it, and the page that
// comes back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/routing/router.hpp"
#include "common/json/read.hpp"
#include "services/client/app.hpp"
#include "services/client/basket.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

// A service can't answer. The page says which part of the site is missing.
struct ServiceAway : Unavailable {
    explicit ServiceAway(std::string_view service);
};

[[nodiscard]] std::string first_problem(const Problems& problems);

// What a service said.
struct Said {
    int status = 0;
    http::Headers headers;
    std::string body;

    [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
    [[nodiscard]] Problems problems() const;
    // `after` of the next page, from the Link header.
    [[nodiscard]] std::optional<std::string> next() const;
    // Passes a refusal on as an exception.
    const Said& or_refuse() const;
    template <class T>
    [[nodiscard]] T as() const {
        auto value = json::read<T>(std::string_view{or_refuse().body});
        if (!value)
            throw std::runtime_error("a service's answer can't be read: " + first_problem(value.error()));
        return std::move(*value);
    }
};

// What stands around a page (views/layout.html).
struct Account {
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Account, (), (email))
struct Frame {
    std::string title;
    std::optional<std::string> search;  // what the search field holds
    std::optional<Account> account;
    std::string sign_in;
    std::optional<std::string> in_basket;  // how many tickets
    std::string styles, script, icon;
    bool here_basket = false, here_orders = false, here_selling = false, here_account = false,
         here_sell = false;
    bool waits = false;
};
BOOST_DESCRIBE_STRUCT(Frame, (),
                      (title, search, account, sign_in, in_basket, styles, script, icon, here_basket,
                       here_orders, here_selling, here_account, here_sell, waits))

class Visit {
  public:
    Visit(App& app, http::Context& context);

    App& app;
    http::Request& request;
    const std::optional<security::Claims>& user;  // as the token says
    Basket basket;                                // changes go back with the answer

    [[nodiscard]] const std::string& path_value() const { return context_.path_values.at(0); }
    [[nodiscard]] Form form() const { return Form{request.body}; }
    [[nodiscard]] Form query() const { return Form{request.query}; }
    // Sends who isn't signed in to do so, and then on to `next` (this page itself for a GET).
    const security::Claims& need_user(std::string_view next = {});
    // For Idempotency-Key: made with the form, so that sending it twice does one thing.
    [[nodiscard]] std::string new_key() const { return app.random.hex(16); }

    // Asks a service as this visitor; cookies that it sets go back with the page. Throws ServiceAway when it
    // can't answer; a refusal is an answer.
    [[nodiscard]] Task<Said> get(std::string_view service, std::string target);
    [[nodiscard]] Task<Said> send(http::Method method, std::string_view service, std::string target,
                                  json::Value body = {}, std::string_view key = {});
    // Posts what a form wants under the form's key, so that a double click does one thing. Who went back and
    // changed the form wants another thing, though the browser sends the same key.
    [[nodiscard]] Task<Said> send_form(std::string_view service, std::string target, json::Value body,
                                       std::string_view key);

    // For what a page can do without: nullopt when the service can't answer.
    [[nodiscard]] Task<std::optional<Said>> try_get(std::string_view service, std::string target);

    // This page may load Stripe's card form; every other loads nothing from elsewhere.
    void allow_stripe() { stripe_ = true; }
    // The address of this page is a secret: no cache keeps it, and nobody is told more of it than the site.
    void keep_secret() { secret_ = true; }

    template <class View>
    [[nodiscard]] http::Response page(int status, std::string_view view_name, std::string title,
                                      const View& view) {
        auto look = app.look();
        return html(status, look->templates.render(view_name, frame(*look, std::move(title)), view));
    }
    [[nodiscard]] http::Response see_other(std::string path) const;
    // Puts on what every answer has: cookies, what a browser may do with it.
    [[nodiscard]] http::Response finish(http::Response response) const;

    // Where signing in leads to, when this request needs it.
    std::string after_sign_in;
    // The page is of something under way: it asks again by itself.
    bool waits = false;

  private:
    [[nodiscard]] Task<Said> ask(std::string_view service, http::Request question);
    [[nodiscard]] Frame frame(const Look& look, std::string title) const;
    [[nodiscard]] static http::Response html(int status, std::string body);

    http::Context& context_;
    Basket basket_before_;
    std::vector<std::string> cookies_;
    bool stripe_ = false, secret_ = false;
};

// "/api/tickets/" and an id from an address, escaped.
[[nodiscard]] std::string api_path(std::string_view collection, std::string_view id);

}  // namespace stagedoor::client
