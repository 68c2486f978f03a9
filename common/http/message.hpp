// An HTTP request and response: small types for servers, clients and tests alike, without Beast.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::http {

class BodyStream;  // common/http/server/body_stream.hpp

enum class Method { get, head, post, put, delete_, options, other };
[[nodiscard]] std::string_view to_text(Method method);
[[nodiscard]] Method method_from(std::string_view text);

// Header names are case-insensitive and may repeat; the order is kept.
class Headers {
  public:
    using Header = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Header> headers) : all_(headers) {}

    void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
    // Replaces every header of that name.
    void set(std::string_view name, std::string value);
    // The value of the first header of that name; empty if there is none.
    [[nodiscard]] std::string_view operator[](std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    // The values of all headers of that name as one list, as RFC 9110 (5.3) allows; empty if there is none.
    [[nodiscard]] std::string joined(std::string_view name) const;
    void remove(std::string_view name);
    void clear() { all_.clear(); }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] auto begin() const { return all_.begin(); }
    [[nodiscard]] auto end() const { return all_.end(); }

  private:
    std::vector<Header> all_;
};

struct Request {
    Method method = Method::get;
    std::string target = {};  // as sent: path and query
    std::string path = {};    // percent-decoded, always starts with '/'
    std::string query = {};   // raw, without '?'
    // "/de" if a page was asked for in a language, as in /de/orders. The router takes it off path and target.
    std::string prefix = {};
    Headers headers = {};
    std::string body = {};

    // The origin of the request, filled in by the server (or by an in-process caller).
    std::string remote_address = {};  // the client's, past trusted proxies
    bool https = false;               // as the client sees it
    std::string request_id = {};
    std::string traceparent = {};  // of this request's own span
    std::string user_id = {};      // of the caller, once their session has been verified; for the logs

    // Splits a request target into path and query; false if it is malformed. Rejected rather than normalized,
    // since a proxy in front may have read them differently: broken escapes, control characters and NUL
    // (escaped or not), an escaped slash, a fragment, and the segments "." and ".." (browsers send none of
    // these). An absolute target (http://host/path) is split into path and query; its host becomes the Host
    // header.
    [[nodiscard]] bool set_target(std::string_view text);

    // The value of the named cookie; empty if there is none. Of several, the first.
    [[nodiscard]] std::string_view cookie(std::string_view name) const;
    // Of all cookies with that name, in the order sent: a browser may have one per path or domain.
    [[nodiscard]] std::vector<std::string_view> cookies(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers = {};
    std::string body = {};
    std::shared_ptr<BodyStream> stream = {};  // instead of `body`: sent as it comes
};

// Compares header names: ASCII, case-insensitive.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);
// Without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// Removes the next element from a comma-separated header value and trims it; false at the end. A comma inside
// a quoted string separates nothing.
[[nodiscard]] bool next_element(std::string_view& rest, std::string_view& element);
// The same for parts separated by `separator`, empty ones included.
[[nodiscard]] bool next_part(std::string_view& rest, std::string_view& part, char separator);

// Whether the path of a request target contains an escape that set_target() rejects: a broken one, or one of
// a slash or control character.
[[nodiscard]] bool has_unreadable_escape(std::string_view target);

// "a%20b" → "a b"; nullopt for a broken escape or a NUL. `plus_is_space` is for queries and forms.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string percent_encode(std::string_view text);

// The name=value pairs of a query or a form body (application/x-www-form-urlencoded); nullopt if malformed.
using Pairs = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Pairs> parse_pairs(std::string_view text);

}  // namespace stagedoor::http
