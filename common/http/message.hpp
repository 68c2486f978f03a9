// A request and a response as routes see them: small types, no Beast.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stagedoor::http {

enum class Method { get, head, post, put, delete_, options, other };
[[nodiscard]] std::string_view to_text(Method method);
[[nodiscard]] Method method_from(std::string_view text);

// Names compare without case; the order is kept; a name may repeat.
class Headers {
  public:
    void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
    void set(std::string_view name, std::string value);
    // The first of that name; empty when there is none.
    [[nodiscard]] std::string_view operator[](std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    void remove(std::string_view name);
    void clear() { all_.clear(); }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] auto begin() const { return all_.begin(); }
    [[nodiscard]] auto end() const { return all_.end(); }

  private:
    std::vector<std::pair<std::string, std::string>> all_;
};

struct Request {
    Method method = Method::get;
    std::string target;  // as sent: path and query
    std::string path;    // percent-decoded, always starting with '/'
    std::string query;   // raw, without '?'
    Headers headers;
    std::string body;

    // Filled in by the server (or by the caller in process): who asks, and under which ids it is logged.
    std::string remote_address;  // the client's, past trusted proxies
    bool https = false;          // as the client sees it
    std::string request_id;
    std::string traceparent;  // of this request's own span

    // Splits a request target into path and query; false if it is malformed. Refused rather than tidied up,
    // since a proxy in front may have read them otherwise: broken escapes, control characters and NUL
    // (escaped or not), an escaped slash, a fragment, and the segments "." and ".." (a browser sends none of
    // them). An absolute target (http://host/path) becomes path and query, and its host the Host header.
    [[nodiscard]] bool set_target(std::string_view text);

    // The named cookie's value; empty when there is none.
    [[nodiscard]] std::string_view cookie(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
};

// ASCII letters of either case are the same.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);
// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// Cuts the next element off a comma-separated header value and trims it; false at the end.
[[nodiscard]] bool next_element(std::string_view& rest, std::string_view& element);
// The weight in the parameters of an Accept or Accept-Encoding element: ";q=0.5" → 0.5, within 0 and 1; 1
// without a q, 0 for a malformed one.
[[nodiscard]] double quality(std::string_view parameters);

// "a%20b" → "a b"; nullopt for a broken escape or a NUL. `plus_is_space` as in forms and queries.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string percent_encode(std::string_view text);

// name=value pairs of a query or of a form body (application/x-www-form-urlencoded); nullopt if malformed.
using Pairs = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::optional<Pairs> parse_pairs(std::string_view text);

}  // namespace stagedoor::http
