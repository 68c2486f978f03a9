// What a route may return; each becomes a response, and states itself in the OpenAPI document.
#pragma once

#include <string>
#include <vector>

#include "common/http/router.hpp"
#include "common/json/schema.hpp"
#include "common/json/write.hpp"

namespace stagedoor::http {

template <class T>
struct Ok {
    T value;
    Headers headers = {};
};
template <class T>
Ok(T) -> Ok<T>;
template <class T>
Ok(T, Headers) -> Ok<T>;

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

// A page of a collection: the plain array, and where the next one is (the cursor for `after=`).
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;
};

[[nodiscard]] Response json_response(int status, std::string body, Headers headers);
// `Link: <…>; rel="next"`: the same request with another `after`.
[[nodiscard]] std::string next_link(const Request& request, std::string_view cursor);

template <class R>
struct Answer;

template <class T>
struct Answer<Ok<T>> {
    static Response make(Ok<T>&& answer, const Request&) {
        return json_response(200, json::to_json(answer.value), std::move(answer.headers));
    }
    static void state(RouteSpec& spec) { spec.answer_schema = json::schema<T>(); }
};

template <class T>
struct Answer<Created<T>> {
    static Response make(Created<T>&& answer, const Request&) {
        return json_response(201, json::to_json(answer.value), std::move(answer.headers));
    }
    static void state(RouteSpec& spec) {
        spec.success = 201;
        spec.answer_schema = json::schema<T>();
    }
};

template <>
struct Answer<NoContent> {
    static Response make(NoContent&&, const Request&) { return {.status = 204, .headers = {}, .body = {}}; }
    static void state(RouteSpec& spec) { spec.success = 204; }
};

template <class T>
struct Answer<Page<T>> {
    static Response make(Page<T>&& page, const Request& request) {
        Headers headers;
        if (page.next) headers.add("Link", next_link(request, *page.next));
        return json_response(200, json::to_json(page.items), std::move(headers));
    }
    static void state(RouteSpec& spec) { spec.answer_schema = json::schema<std::vector<T>>(); }
};

// A response made by hand: pages, pictures.
template <>
struct Answer<Response> {
    static Response make(Response&& response, const Request&) { return std::move(response); }
    static void state(RouteSpec& spec) { spec.hidden = true; }
};

}  // namespace stagedoor::http
