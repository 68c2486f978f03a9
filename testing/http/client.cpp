#include "testing/http/client.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace stagedoor::testing {
namespace {

struct Handle {
    Handle() {
        static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
        static_cast<void>(once);
        curl = curl_easy_init();
    }
    ~Handle() { curl_easy_cleanup(curl); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    CURL* curl;
};

Handle& this_threads_handle() {
    thread_local Handle handle;
    return handle;
}

std::size_t receive_body(char* data, std::size_t, std::size_t size, void* into) {
    static_cast<std::string*>(into)->append(data, size);
    return size;
}

std::size_t receive_header(char* data, std::size_t, std::size_t size, void* into) {
    std::string_view line{data, size};
    auto& headers = *static_cast<http::Headers*>(into);
    if (line.starts_with("HTTP/")) headers.clear();  // only the last head counts (after 100 Continue)
    auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    auto value = line.substr(colon + 1, line.find_last_not_of("\r\n") - colon);
    headers.add(std::string{line.substr(0, colon)}, std::string{http::trimmed(value)});
    return size;
}

struct HeaderList {
    curl_slist* list = nullptr;
    ~HeaderList() { curl_slist_free_all(list); }
    void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

void check_ground_rules(const Response& response, const http::Request& request) {
    if (!request.target.starts_with("/api/")) return;
    const auto& [status, headers, body, stream] = static_cast<const http::Response&>(response);
    EXPECT_FALSE(headers["X-Request-Id"].empty()) << response.request;
    EXPECT_NE(status, 500) << response.request << "\n" << body;
    if (status < 400 || request.method == http::Method::head) return;
    EXPECT_EQ(headers["Content-Type"], "application/problem+json") << response.request << " " << body;
    ASSERT_TRUE(json::parse(body)) << response.request << ": status " << status << " without JSON: " << body;
    EXPECT_EQ(response.at("status"), std::to_string(status)) << body;
    EXPECT_FALSE(response.at("type").empty()) << body;
    EXPECT_FALSE(response.at("title").empty()) << body;
    EXPECT_GE(response.count("errors"), 1u) << body;
    EXPECT_FALSE(response.at("errors[0].message").empty()) << body;
    if (status == 405) EXPECT_FALSE(headers["Allow"].empty());
    if (status == 429 || status == 503) EXPECT_FALSE(headers["Retry-After"].empty()) << body;
}

}  // namespace

Client::Client(std::string base_url)
    : send_([base_url = std::move(base_url)](std::string_view method, const http::Request& request) {
          return testing::send(base_url, request, std::chrono::seconds{30}, method);
      }) {}

Response Client::get(std::string target) const { return send("GET", std::move(target)); }
Response Client::head(std::string target) const { return send("HEAD", std::move(target)); }
Response Client::post(std::string target, std::string body) const {
    return send("POST", std::move(target), std::move(body));
}
Response Client::put(std::string target, std::string body) const {
    return send("PUT", std::move(target), std::move(body));
}
Response Client::delete_(std::string target) const { return send("DELETE", std::move(target)); }

Response Client::send(std::string_view method, std::string target, std::string body) const {
    http::Request request{.method = http::method_from(method),
                          .target = std::move(target),
                          .headers = headers_,
                          .body = std::move(body)};
    if (!request.body.empty() && !request.headers.has("Content-Type"))
        request.headers.add("Content-Type", "application/json");
    return send_(method, std::move(request));
}

Client Client::with(std::string_view name, std::string value) const {
    auto client = *this;
    client.headers_.set(name, std::move(value));
    return client;
}

Response send(const std::string& base_url, const http::Request& request, std::chrono::milliseconds timeout,
              std::string_view method) {
    auto* curl = this_threads_handle().curl;
    curl_easy_reset(curl);
    Response response;
    std::string method_text{method.empty() ? to_text(request.method) : method};
    response.request = method_text + " " + request.target;
    HeaderList headers;
    for (const auto& [name, value] : request.headers)
        headers.add(value.empty() ? name + ";" : name + ": " + value);
    headers.add("Expect:");
    auto sends_body =
        !request.body.empty() || (method_text != "GET" && method_text != "HEAD" && method_text != "DELETE");
    if (sends_body && !request.headers.has("Content-Type")) headers.add("Content-Type: application/json");

    auto url = base_url + request.target;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method_text.c_str());
    if (request.method == http::Method::head) curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (sends_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.headers);
    auto result = curl_easy_perform(curl);
    if (result != CURLE_OK) throw NoResponse(response.request + ": " + curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    check_ground_rules(response, request);
    return response;
}

void connect(const std::string& base_url) { (void)send(base_url, {.target = "/healthz"}); }

std::string json_text(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

}  // namespace stagedoor::testing
