#include "common/pictures/s3_store.hpp"

#include <algorithm>

#include "common/outbound/address.hpp"
#include "common/pictures/place.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::pictures {
namespace {

// Of a response, with headers, the transport accepts 4 MiB.
constexpr std::size_t max_object = 4 * 1024 * 1024 - 64 * 1024;

// "https://host:port" and "/path"; empty ones if it isn't such a URL.
struct SplitUrl {
    std::string_view origin, host, path;
};
SplitUrl split(std::string_view url) {
    auto scheme = url.starts_with("https://") || url.starts_with("http://") ? url.find("//") + 2 : url.size();
    auto slash = std::min(url.find('/', scheme), url.size());
    return {url.substr(0, slash), url.substr(scheme, slash - scheme), url.substr(slash)};
}

// The content of the first element of that name: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
std::string_view element(std::string_view xml, const std::string& name) {
    auto begin = xml.find("<" + name + ">");
    if (begin == std::string_view::npos) return {};
    begin += name.size() + 2;
    auto end = xml.find("</" + name + ">", begin);
    constexpr std::size_t longest = 300;
    return end == std::string_view::npos ? std::string_view{}
                                         : xml.substr(begin, std::min(end - begin, longest));
}

std::string_view code_of(const http::Response& response) { return element(response.body, "Code"); }

std::string_view advice(std::string_view code) {
    if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch")
        return "; check STAGEDOOR_PICTURES_S3_ACCESS_KEY and STAGEDOOR_PICTURES_S3_SECRET_KEY";
    if (code == "AccessDenied") return "; the key must be allowed to get, put, delete and list objects";
    if (code == "NoSuchBucket") return "; check STAGEDOOR_PICTURES_S3_URL";
    if (code == "AuthorizationHeaderMalformed") return "; check STAGEDOOR_PICTURES_S3_REGION";
    if (code == "PermanentRedirect" || code == "TemporaryRedirect")
        return "; check STAGEDOOR_PICTURES_S3_URL and STAGEDOOR_PICTURES_S3_REGION";
    return code == "RequestTimeTooSkewed" ? "; check this machine's clock" : "";
}

std::string failure_of(const http::Response& response) {
    auto code = code_of(response);
    auto text = "the store responded " + std::to_string(response.status);
    if (!code.empty()) text.append(" ").append(code).append(": ").append(element(response.body, "Message"));
    return text.append(advice(code));
}

// Without a length, the end of the connection would pass for the end of the object.
bool is_whole(const http::Response& response) {
    return response.headers["content-length"] == std::to_string(response.body.size()) ||
           response.headers.has("transfer-encoding");
}

bool is_missing(const http::Response& response) {
    return response.status == 404 && code_of(response) == "NoSuchKey";
}

}  // namespace

bool is_bucket_url(std::string_view url) {
    auto [origin, host, path] = split(url);
    auto is_plain = [](char c) { return text::is_alphanumeric(c) || std::string_view{"-._/"}.contains(c); };
    return outbound::host_of(host).has_value() && path.size() > 1 && !path.contains("//") &&
           !path.contains("/.") && std::ranges::all_of(path, is_plain);
}

S3Store::S3Store(outbound::Transport& transport, const runtime::Clock& clock, S3Options options)
    : transport_(transport), clock_(clock), options_(std::move(options)) {
    auto [origin, host, path] = split(options_.url);
    origin_ = origin;
    host_ = host;
    path_ = path;
    if (!path_.ends_with('/')) path_ += '/';
}

Task<http::Response> S3Store::send(http::Method method, const std::string& name, std::string body,
                                   std::chrono::milliseconds timeout) {
    Place place{in_flight_, options_.max_in_flight, std::chrono::seconds{1}};
    http::Request request{.method = method, .target = path_ + name, .body = std::move(body)};
    if (method == http::Method::put) request.headers.add("Content-Type", "application/octet-stream");
    sign(request, host_, options_.credentials, clock_.now());
    co_return co_await transport_.send(std::move(request), {.url = origin_, .timeout = timeout});
}

Task<http::Response> S3Store::write(http::Method method, const std::string& name, std::string body) {
    std::string failure;
    try {
        co_return co_await send(method, name, std::move(body), options_.write_timeout);
    } catch (const outbound::NoResponse& error) {
        failure = error.what();
    }
    throw_unavailable(failure);
}

Task<> S3Store::put(std::string name, std::string bytes) {
    if (bytes.size() > max_object) throw_unavailable(name + " is too large");
    auto response = co_await write(http::Method::put, name, std::move(bytes));
    if (response.status != 200) throw_unavailable(failure_of(response));
}

Task<std::optional<std::string>> S3Store::get(std::string name) {
    runtime::Timeout timeout{clock_, options_.read_timeout};
    std::string failure;
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto left = std::chrono::floor<std::chrono::milliseconds>(timeout.end() - clock_.monotonic());
        if (left.count() <= 0) break;
        try {
            auto response = co_await send(http::Method::get, name, {}, left);
            if (is_missing(response)) co_return std::nullopt;
            if (response.status == 200 && is_whole(response)) co_return std::move(response.body);
            failure = response.status == 200 ? "a response without a length" : failure_of(response);
            if (response.status < 500) break;  // it would be the same the next time
        } catch (const outbound::NoResponse& error) {
            failure = error.what();
        }
    }
    throw_unavailable(failure);
}

Task<> S3Store::remove(std::string name) {
    auto response = co_await write(http::Method::delete_, name, {});
    auto removed = response.status == 204 || response.status == 200 || is_missing(response);
    if (!removed) throw_unavailable(failure_of(response));
}

}  // namespace stagedoor::pictures
