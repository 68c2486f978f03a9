// One browser's request for a page: its user and basket, calls to the other services, and the page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/routing/router.hpp"
#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "services/client/app.hpp"
#include "services/client/basket.hpp"
#include "services/client/draft.hpp"
#include "services/client/form.hpp"

namespace stagedoor::client {

// A service is down. The page says which part of the site is missing.
struct ServiceUnavailable : Unavailable {
    explicit ServiceUnavailable(std::string_view service);
};

[[nodiscard]] std::string first_problem(const Problems& problems);

// The response of another service.
struct ServiceResponse : http::Response {
    [[nodiscard]] bool ok() const { return http::is_success(status); }
    [[nodiscard]] bool is(ErrorKind kind) const { return http::error_kind_of(status) == kind; }
    // The errors in it, as texts for the visitor.
    [[nodiscard]] Problems problems() const;
    // `after` of the next page, from the Link header.
    [[nodiscard]] std::optional<std::string> next() const;
    // Throws an error response as an ApiError; NotSignedIn if the session has ended.
    const ServiceResponse& or_throw() const;
    // The error in it, for responses whose 401 is about the form.
    [[nodiscard]] ApiError error() const;
    template <class T>
    [[nodiscard]] T as() const {
        auto value = json::read<T>(std::string_view{or_throw().body});
        if (!value)
            throw std::runtime_error("a service's response can't be read: " + first_problem(value.error()));
        return std::move(*value);
    }
};

// What surrounds a page (views/layout.html).
struct Account {
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Account, (), (email))
struct LanguageOption {
    std::string tag, own_name;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(LanguageOption, (), (tag, own_name, current))
// The same page in another language, for <link rel="alternate">.
struct Alternate {
    std::string hreflang, address;
};
BOOST_DESCRIBE_STRUCT(Alternate, (), (hreflang, address))
struct Layout {
    std::string title, description, lang, dir;
    std::optional<std::string> canonical, picture;  // absolute addresses
    bool unlisted = false;                          // search engines leave the page out
    std::string search_page;                        // where the search form leads
    std::optional<std::string> search;              // value of the search field
    std::optional<Account> account;
    std::string sign_in;
    std::optional<std::string> in_basket;  // number of tickets
    std::string styles, script, live, icon;
    std::optional<std::string> face;  // the font file, to be loaded at once
    bool here_basket = false, here_tickets = false, here_orders = false, here_selling = false,
         here_account = false, here_sell = false;
    bool waits = false;
    std::vector<FormError> alerts;  // of a form that the page itself doesn't show
    std::string here;               // this page, for the form that changes the language
    std::vector<LanguageOption> languages;
    std::vector<Alternate> alternates;  // of a page that search engines show
};
BOOST_DESCRIBE_STRUCT(Layout, (),
                      (title, description, lang, dir, canonical, picture, unlisted, search_page, search,
                       account, sign_in, in_basket, styles, script, live, icon, face, here_basket,
                       here_tickets, here_orders, here_selling, here_account, here_sell, waits, alerts, here,
                       languages, alternates))

// What search engines show of a page, and those to whom its link is sent.
struct About {
    std::string description;
    std::string address;  // the page's own, without its filters; empty: none that everybody can open
    std::string picture;  // address of an image
    bool unlisted = false;
};

class Visit {
  public:
    Visit(App& app, http::Context& context);

    App& app;
    http::Request& request;
    const Language language;
    std::shared_ptr<const Theme> theme;
    const language::Texts text;                   // in that language
    const std::optional<security::Claims>& user;  // from the session token
    Basket basket;                                // changes are sent with the response

    // The id of the user; empty if not signed in.
    [[nodiscard]] std::string viewer() const { return user ? user->user.text : std::string{}; }
    [[nodiscard]] const std::string& path_value() const { return context_.path_values.at(0); }
    // The form that was sent. Throws Invalid if it can't be read.
    [[nodiscard]] Form form() const;
    // The file that was sent with it; empty if there is none.
    std::string upload;
    [[nodiscard]] Form query() const { return Form{request.query}; }
    // From the address; in the response to a form, from the form.
    [[nodiscard]] std::string parameter(std::string_view name) const {
        auto value = query()[name];
        return value.empty() && request.method == http::Method::post ? form()[name] : value;
    }
    // Redirects to sign-in, and from there back to this page or to the form, unless signed in.
    // The page is then the user's own, and no browser keeps it.
    const security::Claims& need_user();
    // An Idempotency-Key for a form, so that submitting it twice has one effect: the one that the form had if
    // it may have had its effect already.
    [[nodiscard]] std::string form_key() const;

    // ---- A form that is not accepted comes back: its input and errors are kept in a draft, and the response
    // redirects to `form_page`?draft=…, which shows them.

    // What was sent before, for the page that shows it; nullopt if nothing was.
    std::optional<Draft> draft;
    // Its input; empty if there is none.
    [[nodiscard]] Form entered() const { return draft ? draft->form() : Form{}; }
    // What is wrong with it. A page that doesn't ask gets the errors at its top.
    [[nodiscard]] Problems problems();
    // Keeps an input that only looks like a secret: the name of a test card.
    void keep(std::string name) { kept_.push_back(std::move(name)); }
    // Goes on with another form, which was sent before.
    void resume(Form other) { submitted_ = std::move(other); }

    // Keeps the submitted form. Returns `page` with the draft's id; nullopt if it can't be kept.
    [[nodiscard]] Task<std::optional<std::string>> save_draft(std::string page);
    // The browser's own draft, unless it has expired.
    [[nodiscard]] Task<std::optional<Draft>> load_draft(std::string id);
    // Drops all drafts of this browser, which its next user should not see.
    [[nodiscard]] Task<> drop_drafts();
    // Makes `draft` of the submitted form.
    void reject(int status, const Problems& problems);

    // Calls a service as this visitor; cookies that it sets are sent with the page. Throws ServiceUnavailable
    // for no response or a 5xx; other errors are responses.
    [[nodiscard]] Task<ServiceResponse> get(std::string_view service, std::string target);
    [[nodiscard]] Task<ServiceResponse> send(http::Method method, std::string_view service,
                                             std::string target, json::Value body = {},
                                             std::string_view key = {});
    // Posts a file as it is.
    [[nodiscard]] Task<ServiceResponse> send_file(std::string_view service, std::string target,
                                                  std::string bytes);
    // Posts a form under its key, so that a double click has one effect. A visitor who goes back and changes
    // the form submits the same key with another body: that is a new request, under a key derived from both.
    [[nodiscard]] Task<ServiceResponse> send_form(std::string_view service, std::string target,
                                                  json::Value body, std::string_view key);

    // For optional parts of a page: nullopt if the service is down or responds with an error.
    [[nodiscard]] Task<std::optional<ServiceResponse>> try_get(std::string_view service, std::string target);

    // Without it, search engines leave the page out.
    void describe(About about) { about_ = std::move(about); }
    // Lets this page load Stripe's card form; all others load nothing from other sites.
    void allow_stripe() { stripe_ = true; }
    // This page's URL holds a token: it is not cached, and the Referer names the site only.
    void keep_secret() { secret_ = true; }

    template <class View>
    [[nodiscard]] http::Response page(int status, std::string_view view_name, std::string title,
                                      const View& view) {
        return html(status, theme->in(language).render(view_name, layout(std::move(title)), view));
    }
    [[nodiscard]] http::Response see_other(std::string path) const;
    // Adds the headers of every response: cookies and security policies.
    [[nodiscard]] http::Response finish(http::Response response) const;

    // Sends a cookie with the response, for that long.
    void set_cookie(std::string_view name, std::string_view value, std::chrono::seconds max_age);

    // Path and query of the page with this form; at first the path that it is sent to.
    std::string form_page;
    // Where sign-in leads to if this request needs it; empty: to the form.
    std::string after_sign_in;
    // Something is in progress: the page refreshes itself.
    bool waits = false;

  private:
    [[nodiscard]] Task<ServiceResponse> call(std::string_view service, http::Request api_request);
    [[nodiscard]] std::string cookies_for_services() const;
    [[nodiscard]] std::string browser() const;
    [[nodiscard]] Layout layout(std::string title) const;
    [[nodiscard]] http::Response html(int status, std::string body) const;

    http::Context& context_;
    Basket basket_before_;
    std::vector<std::string> cookies_;
    std::optional<Form> submitted_;
    std::vector<std::string> kept_;
    std::optional<About> about_;
    bool stripe_ = false, secret_ = false, personal_ = false, problems_shown_ = false;
};

// "/orders?after=x" with one more parameter.
[[nodiscard]] std::string with_parameter(std::string address, std::string_view name, std::string_view value);

// "/api/tickets" and an id from a URL, percent-encoded.
[[nodiscard]] std::string api_path(std::string_view collection, std::string_view id);

}  // namespace stagedoor::client
