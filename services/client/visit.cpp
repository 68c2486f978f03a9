#include "services/client/visit.hpp"

#include "common/http/network.hpp"
#include "common/http/server/conditional.hpp"
#include "common/json/write.hpp"
#include "common/runtime/log.hpp"
#include "common/security/rate_limit.hpp"
#include "common/text/ascii.hpp"
#include "services/client/api.hpp"
#include "services/client/multipart.hpp"
#include "services/client/next_path.hpp"
#include "services/client/store/drafts.hpp"
#include "services/client/visit_language.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

// Pages load only our own resources; nothing is inline.
constexpr auto content_security_policy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
// For the page with Stripe's card form.
constexpr auto policy_with_stripe =
    "default-src 'self'; script-src 'self' https://js.stripe.com; frame-src https://js.stripe.com; "
    "connect-src 'self' https://api.stripe.com; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

constexpr std::chrono::days basket_lifetime{30};

// Far more than people need, so that one network can't fill the table.
constexpr security::RateLimit drafts_of_network{
    .name = "form draft by address", .max_attempts = 500, .window = std::chrono::hours{1}};

bool is_random_number(std::string_view text) {
    auto is_hex = [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); };
    return text.size() == 32 && std::ranges::all_of(text, is_hex);
}

// The router adds Secure.
std::string cookie_text(std::string_view name, std::string_view value, std::chrono::seconds max_age) {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", name, value, max_age.count());
}

Message unavailable_text(std::string_view service) {
    if (service == "tickets") return "Listings are unavailable right now"_text;
    if (service == "orders") return "Orders are unavailable right now"_text;
    if (service == "payments") return "Payments are unavailable right now"_text;
    if (service == "admissions") return "Tickets are unavailable right now"_text;
    if (service == "auth") return "Accounts are unavailable right now"_text;
    return "Part of Stagedoor is unavailable right now"_text;
}

// Whether the key was used with another body before.
bool is_key_reused(const ServiceResponse& response) {
    if (!response.is(ErrorKind::idempotency_key_reused)) return false;
    auto problems = response.problems();
    return std::ranges::find(problems, "Idempotency-Key", &Problem::field) != problems.end();
}

// A key for a changed form. Derived from the form's key and the body: a double click on the changed form
// yields the same key, and so still has one effect.
std::string derive_key(std::string_view form_key, const json::Value& body) {
    auto text = std::string{form_key} + "\n";
    json::write_value(text, body);
    auto hash = http::hash_body(text);
    return fmt::format("{:016x}{:016x}", hash.first, hash.second);
}

}  // namespace

ServiceUnavailable::ServiceUnavailable(std::string_view service)
    : Unavailable(unavailable_text(service), std::chrono::seconds{5}) {}

std::string first_problem(const Problems& problems) {
    return problems.empty() ? "" : problems.front().field + " " + language::to_text(problems.front().message);
}

Problems ServiceResponse::problems() const {
    Problems problems;
    if (auto read = json::read<ErrorBody>(std::string_view{body})) {
        for (auto& each : read->errors)
            problems.push_back({Message::as_is(std::move(each.message)), each.field.value_or("")});
    }
    if (problems.empty()) problems.push_back({"Something went wrong. Please try again"_text, {}});
    return problems;
}

std::optional<std::string> ServiceResponse::next() const {
    auto link = headers["Link"];
    auto end = link.find('>');
    if (!link.starts_with('<') || link.find("rel=\"next\"") == std::string_view::npos ||
        end == std::string_view::npos)
        return {};
    auto query = link.substr(0, end).find('?');
    if (query == std::string_view::npos) return {};
    for (auto& [name, value] :
         http::parse_pairs(link.substr(query + 1, end - query - 1)).value_or(http::Pairs{})) {
        if (name == "after") return std::move(value);
    }
    return {};
}

ApiError ServiceResponse::error() const {
    auto kind = http::error_kind_of(status);
    if (!kind) throw std::runtime_error("a service responded with " + std::to_string(status));
    return ApiError{*kind, problems()};
}

const ServiceResponse& ServiceResponse::or_throw() const {
    if (ok()) return *this;
    if (is(ErrorKind::not_signed_in)) throw NotSignedIn();
    throw error();
}

Visit::Visit(App& of, http::Context& context)
    : app(of),
      request(context.request),
      language(language_of(of, context.request)),
      theme(of.theme()),
      text(theme->catalog, language),
      user(context.claims()),
      basket(Basket::parse(context.request.cookie(of.cookie_name(Basket::cookie_name)))),
      context_(context),
      basket_before_(basket) {
    auto is_read = request.method == http::Method::get || request.method == http::Method::head;
    if (is_read) after_sign_in = request.target;
    form_page = request.target.substr(0, request.target.find('?'));
    if (auto sent = is_multipart(request) ? read_multipart(request) : std::nullopt) {
        std::string{}.swap(request.body);
        submitted_ = std::move(sent->form);
        upload = std::move(sent->file);
    }
}

Form Visit::form() const {
    if (submitted_) return *submitted_;
    if (is_multipart(request)) throw Invalid("The form can't be read"_text);
    return Form{request.body};
}

const security::Claims& Visit::need_user() {
    if (!user) throw NotSignedIn();
    personal_ = true;
    return *user;
}

std::string Visit::form_key() const {
    // 4xx: a response that the key would repeat. Otherwise there was none, or nobody knows.
    auto used_up = draft && draft->status >= 400 && draft->status < http::internal_error &&
                   draft->status != http::status_of(ErrorKind::not_signed_in);
    auto key = used_up ? std::string{} : entered()["key"];
    return key.empty() ? app.random.hex(16) : key;
}

// ---- drafts

Problems Visit::problems() {
    problems_shown_ = true;
    return draft ? draft->problems() : Problems{};
}

void Visit::reject(int status, const Problems& problems) {
    Form sent;
    try {
        sent = form();
    } catch (const Invalid&) {  // unreadable: there is nothing to keep
    }
    draft = make_draft(sent, kept_, status, problems, language);
}

std::string Visit::browser() const {
    auto known = request.cookie(app.cookie_name(Draft::cookie_name));
    return is_random_number(known) ? std::string{known} : app.random.hex(16);
}

Task<std::optional<std::string>> Visit::save_draft(std::string page) {
    auto content = json::to_json(*draft);
    if (content.size() > Draft::max_bytes) co_return std::nullopt;
    auto id = app.random.hex(16);
    store::DraftOwner owner{browser(), user ? std::optional{user->user} : std::nullopt};
    auto network = http::network_of(request.remote_address);
    auto saved = false;
    try {
        saved = co_await app.db.write([&](sql::Tx& tx) {
            if (app.rate_limits) security::count_attempt(tx, drafts_of_network, network);
            return store::add_draft(tx, id, owner, content);
        });
    } catch (const TooManyRequests&) {  // not logged: one network could fill the log
    } catch (const std::exception& error) {
        log::warning("a form draft can't be kept",
                     {{"request_id", request.request_id}, {"error", error.what()}});
    }
    if (!saved) co_return std::nullopt;
    cookies_.push_back(
        cookie_text(app.cookie_name(Draft::cookie_name), owner.browser, store::draft_lifetime));
    co_return with_parameter(std::move(page), "draft", id);
}

Task<std::optional<Draft>> Visit::load_draft(std::string id) {
    store::DraftOwner owner{std::string{request.cookie(app.cookie_name(Draft::cookie_name))},
                            user ? std::optional{user->user} : std::nullopt};
    if (!is_random_number(id) || !is_random_number(owner.browser)) co_return std::nullopt;
    try {
        auto content = co_await app.db.read([&](sql::Tx& tx) { return store::find_draft(tx, id, owner); });
        if (auto read = json::read<Draft>(std::string_view{content.value_or("")})) co_return std::move(*read);
    } catch (const std::exception& error) {
        log::warning("a form draft can't be read",
                     {{"request_id", request.request_id}, {"error", error.what()}});
    }
    co_return std::nullopt;
}

Task<> Visit::drop_drafts() {
    auto known = std::string{request.cookie(app.cookie_name(Draft::cookie_name))};
    if (known.empty()) co_return;
    cookies_.push_back(cookie_text(app.cookie_name(Draft::cookie_name), "", std::chrono::seconds{0}));
    try {
        co_await app.db.write([&](sql::Tx& tx) {
            store::drop_drafts_of(tx, known);
            return true;
        });
    } catch (const std::exception& error) {  // nobody has the number any more; they expire within the hour
        log::warning("form drafts can't be dropped",
                     {{"request_id", request.request_id}, {"error", error.what()}});
    }
}

// ---- calls

Task<ServiceResponse> Visit::get(std::string_view service, std::string target) {
    http::Request api_request;
    if (!api_request.set_target(target)) throw NotFound();
    co_return co_await call(service, std::move(api_request));
}

Task<ServiceResponse> Visit::send(http::Method method, std::string_view service, std::string target,
                                  json::Value body, std::string_view key) {
    http::Request api_request{.method = method};
    if (!api_request.set_target(target)) throw NotFound();
    if (!body.is_null()) {
        json::write_value(api_request.body, body);
        api_request.headers.add("Content-Type", "application/json");
    }
    if (!key.empty()) api_request.headers.add("Idempotency-Key", std::string{key});
    co_return co_await call(service, std::move(api_request));
}

Task<ServiceResponse> Visit::send_file(std::string_view service, std::string target, std::string bytes) {
    http::Request api_request{.method = http::Method::post};
    if (!api_request.set_target(target)) throw NotFound();
    api_request.body = std::move(bytes);
    api_request.headers.add("Content-Type", "application/octet-stream");
    co_return co_await call(service, std::move(api_request));
}

Task<ServiceResponse> Visit::send_form(std::string_view service, std::string target, json::Value body,
                                       std::string_view key) {
    auto response = co_await send(http::Method::post, service, target, body, key);
    if (!is_key_reused(response)) co_return response;
    auto own_key = derive_key(key, body);
    co_return co_await send(http::Method::post, service, std::move(target), std::move(body), own_key);
}

Task<std::optional<ServiceResponse>> Visit::try_get(std::string_view service, std::string target) {
    try {
        auto response = co_await get(service, std::move(target));
        if (response.ok()) co_return response;
    } catch (const ServiceUnavailable&) {
    }
    co_return std::nullopt;
}

Task<ServiceResponse> Visit::call(std::string_view service, http::Request api_request) {
    for (const auto* name : {"Host", "User-Agent"}) {
        if (request.headers.has(name)) api_request.headers.add(name, std::string{request.headers[name]});
    }
    if (auto cookies = cookies_for_services(); !cookies.empty())
        api_request.headers.add("Cookie", std::move(cookies));
    api_request.headers.add("Accept", "application/json");
    api_request.headers.add("Accept-Language", std::string{to_tag(language)});  // of errors
    api_request.remote_address = request.remote_address;
    api_request.https = request.https;
    api_request.request_id = request.request_id;
    api_request.traceparent = request.traceparent;

    std::optional<http::Response> response;
    try {
        response = co_await app.http.send(service, std::move(api_request));
    } catch (const Unavailable& error) {
        log::warning("service unavailable",
                     {{"request_id", request.request_id}, {"service", service}, {"error", error.what()}});
    }
    if (!response || response->status >= http::internal_error) throw ServiceUnavailable(service);
    for (const auto& [name, value] : response->headers) {
        if (http::same_name(name, "Set-Cookie")) cookies_.push_back(value);
    }
    co_return ServiceResponse{std::move(*response)};
}

// Those of the browser, except that what services have set meanwhile counts: after a sign-in, the session.
std::string Visit::cookies_for_services() const {
    std::vector<std::string_view> pairs;
    for (const auto& cookie : cookies_) pairs.push_back(std::string_view{cookie}.substr(0, cookie.find(';')));
    auto is_set = [&](std::string_view pair) {
        auto name = pair.substr(0, pair.find('='));
        return std::ranges::any_of(pairs, [&](auto each) { return each.substr(0, each.find('=')) == name; });
    };
    std::vector<std::string_view> kept;
    for (auto rest = request.headers["Cookie"]; !rest.empty();) {
        auto end = std::min(rest.find(';'), rest.size());
        auto pair = http::trimmed(rest.substr(0, end));
        if (!pair.empty() && !is_set(pair)) kept.push_back(pair);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    pairs.insert(pairs.end(), kept.begin(), kept.end());
    return fmt::format("{}", fmt::join(pairs, "; "));
}

Layout Visit::layout(std::string title) const {
    auto face = theme->find("static/display.woff2") != nullptr;
    Layout layout{.title = std::move(title),
                  .description = about_ ? about_->description : text("layout.description"),
                  .lang = std::string{to_tag(language)},
                  .dir = std::string{direction_of(language)},
                  .canonical = {},
                  .picture = {},
                  .unlisted = !about_ || about_->unlisted,
                  .search_page = "/",
                  .search = {},
                  .account = {},
                  .sign_in = sign_in_url(after_sign_in.empty() ? form_page : after_sign_in),
                  .in_basket = {},
                  .styles = theme->url("stagedoor.css"),
                  .script = theme->url("stagedoor.js"),
                  .live = theme->url("live.js"),
                  .icon = theme->url("favicon.svg"),
                  .face = face ? std::optional{theme->url("display.woff2")} : std::nullopt};
    if (about_ && !about_->address.empty()) layout.canonical = app.origin + request.prefix + about_->address;
    if (about_ && !about_->picture.empty()) layout.picture = app.origin + about_->picture;
    std::string_view path = request.path;
    if (path == "/") layout.search = query()["q"];
    if (path.starts_with("/auth/")) layout.sign_in = "/auth/signin";
    if (user) layout.account = Account{user->email};
    if (!basket.empty()) layout.in_basket = grouped(basket.tickets(), language);
    layout.here_basket = path == "/basket";
    layout.here_tickets = path.starts_with("/my/tickets");
    layout.here_orders = path.starts_with("/orders");
    layout.here_selling = path.starts_with("/selling");
    layout.here_account = path == "/account";
    layout.here_sell = path == "/tickets/new";
    layout.waits = waits;
    if (draft && !problems_shown_) layout.alerts = summary(draft->problems(), {});
    layout.here = request.method == http::Method::get ? request.target : form_page;
    for (auto each : all_languages)
        layout.languages.push_back(
            {std::string{to_tag(each)}, std::string{own_name(each)}, each == language});
    if (about_ && !about_->unlisted && !about_->address.empty()) {
        for (auto each : all_languages) {
            auto tag = std::string{to_tag(each)};
            layout.alternates.push_back({tag, app.origin + "/" + tag + about_->address});
        }
        layout.alternates.push_back({"x-default", app.origin + about_->address});
    }
    return layout;
}

http::Response Visit::html(int status, std::string body) const {
    if (!request.prefix.empty()) body = with_prefixed_links(body, request.prefix);
    http::Response response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.headers.add("Content-Language", std::string{to_tag(language)});
    if (request.prefix.empty()) response.headers.add("Vary", language_vary);
    // Cached but always revalidated: the ETag makes that cheap, and after sign-out no old page is shown.
    response.headers.add("Cache-Control", status == http::ok ? "private, no-cache" : "no-store");
    return response;
}

http::Response Visit::see_other(std::string path) const {
    http::Response response{.status = http::see_other, .headers = {}, .body = {}};
    response.headers.add("Location", std::move(path));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

http::Response Visit::finish(http::Response response) const {
    response.headers.set("Content-Security-Policy", stripe_ ? policy_with_stripe : content_security_policy);
    // no-referrer would make forms on that page send `Origin: null` and be rejected as cross-site.
    if (secret_) response.headers.set("Referrer-Policy", "strict-origin");
    if (secret_ || personal_) response.headers.set("Cache-Control", "no-store");
    if (auto location = std::string{response.headers["Location"]}; !location.empty())
        response.headers.set("Location", with_prefix(request.prefix, std::move(location)));
    for (const auto& cookie : cookies_) response.headers.add("Set-Cookie", cookie);
    if (!(basket == basket_before_)) {
        std::chrono::seconds age = basket.empty() ? std::chrono::days{0} : basket_lifetime;
        response.headers.add("Set-Cookie",
                             cookie_text(app.cookie_name(Basket::cookie_name), basket.to_text(), age));
    }
    return response;
}

void Visit::set_cookie(std::string_view name, std::string_view value, std::chrono::seconds max_age) {
    cookies_.push_back(cookie_text(app.cookie_name(name), value, max_age));
}

std::string with_parameter(std::string address, std::string_view name, std::string_view value) {
    auto end = std::min(address.find('#'), address.size());
    auto mark = address.find('?') < end ? "&" : "?";
    address.insert(end, mark + std::string{name} + "=" + http::percent_encode(value));
    return address;
}

std::string api_path(std::string_view collection, std::string_view id) {
    return std::string{collection} + "/" + http::percent_encode(id);
}

}  // namespace stagedoor::client
