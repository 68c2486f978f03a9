// The return types of routes: each converts to a response and describes itself in the OpenAPI document.
#pragma once

#include <string>
#include <vector>

#include "common/http/routing/router.hpp"
#include "common/http/server/conditional.hpp"
#include "common/http/status.hpp"
#include "common/json/schema.hpp"
#include "common/json/write.hpp"

namespace stagedoor::http {

template <class T>
struct Ok {
    T value;
    Headers headers = {};
    std::optional<std::int64_t> version = {};  // what If-Match of a write compares; becomes part of the ETag
};
template <class T>
Ok(T) -> Ok<T>;
template <class T>
Ok(T, Headers) -> Ok<T>;
template <class T>
Ok(T, Headers, std::int64_t) -> Ok<T>;

template <class T>
struct Created {
    T value;
    Headers headers = {};
};
template <class T>
Created(T) -> Created<T>;
template <class T>
Created(T, Headers) -> Created<T>;

struct NoContent {};

// A page of a collection: a plain array, and a Link header with the cursor (`after=`) of the next page.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;
};

// The value of Clear-Site-Data at sign-out. Only caches: what must work without a network (storage, service
// workers) stays, and cookies are cleared one by one.
inline constexpr const char* clear_cache = R"("cache")";

[[nodiscard]] Response json_response(int status, std::string body, Headers headers);
// A Link header value, `<…>; rel="next"`: the same request with this cursor as `after`.
[[nodiscard]] std::string next_link(const Request& request, std::string_view cursor);

template <class R>
struct ToResponse;

template <class T>
struct ToResponse<Ok<T>> {
    static Response convert(Ok<T>&& result, const Request&) {
        auto body = json::to_json(result.value);
        if (result.version)
            result.headers.set("ETag", entity_tag(hash_body(body), *result.version).to_text());
        return json_response(ok, std::move(body), std::move(result.headers));
    }
    static void describe(RouteSpec& spec) { spec.response_schema = json::schema<T>(json::SchemaOf::written); }
};

template <class T>
struct ToResponse<Created<T>> {
    static Response convert(Created<T>&& result, const Request&) {
        return json_response(created, json::to_json(result.value), std::move(result.headers));
    }
    static void describe(RouteSpec& spec) {
        spec.success = created;
        spec.response_schema = json::schema<T>(json::SchemaOf::written);
    }
};

template <>
struct ToResponse<NoContent> {
    static Response convert(NoContent&&, const Request&) {
        return {.status = no_content, .headers = {}, .body = {}};
    }
    static void describe(RouteSpec& spec) { spec.success = no_content; }
};

template <class T>
struct ToResponse<Page<T>> {
    static Response convert(Page<T>&& page, const Request& request) {
        Headers headers;
        if (page.next) headers.add("Link", next_link(request, *page.next));
        return json_response(ok, json::to_json(page.items), std::move(headers));
    }
    static void describe(RouteSpec& spec) {
        spec.response_schema = json::schema<std::vector<T>>(json::SchemaOf::written);
    }
};

// A picture, not JSON.
struct Picture {
    std::string type, bytes;
    Headers headers = {};
};
template <>
struct ToResponse<Picture> {
    static Response convert(Picture&& picture, const Request&) {
        Response response{.status = ok, .headers = std::move(picture.headers), .body = {}};
        response.headers.set("Content-Type", std::move(picture.type));
        response.body = std::move(picture.bytes);
        return response;
    }
    static void describe(RouteSpec& spec) {
        spec.response_schema = json::Value{json::Object{}};
        spec.response_type = "image/*";
    }
};

// A response built by hand: HTML pages, images.
template <>
struct ToResponse<Response> {
    static Response convert(Response&& response, const Request&) { return std::move(response); }
    static void describe(RouteSpec& spec) { spec.hidden = spec.page = true; }
};

}  // namespace stagedoor::http
