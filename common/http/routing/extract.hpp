// The parameter types of routes: each extracts its part of the request and describes itself in the OpenAPI
// document.
#pragma once

#include <optional>
#include <string>

#include "common/http/entity_tag.hpp"
#include "common/http/idempotency_key.hpp"
#include "common/http/routing/router.hpp"
#include "common/json/read.hpp"
#include "common/json/schema.hpp"

namespace stagedoor::http {

// The signed-in user; 401 without a valid session.
struct SignedIn {
    UserId id;
    security::Claims claims;
};

// The signed-in user, if any.
struct MaybeSignedIn {
    std::optional<security::Claims> claims;
};

// The value of the first `:name` in the route's pattern.
template <class T>
struct Path {
    T value;
    const T& operator*() const { return value; }
    const T* operator->() const { return &value; }
};

// A JSON body: 415 for another content type, 400 naming every invalid field.
template <class T>
struct Body {
    T value;
    IdempotencyKey key;  // of the Idempotency-Key header
    const T& operator*() const { return value; }
    const T* operator->() const { return &value; }
};

// A picture as it was sent; whether it is one shows when it is decoded.
struct Upload {
    std::string bytes;
};

// The query parameters, read by the same rules as a body; unknown ones are ignored.
template <class T>
struct Query {
    T value;
    const T& operator*() const { return value; }
    const T* operator->() const { return &value; }
};

// The preconditions of a change to something with a version: If-Match and If-None-Match, whose strong tags
// are a version ("3", also without quotes) or begin with one, as those of our responses do. 400 if malformed.
struct IfMatch {
    std::optional<EntityTags> if_match, if_none_match;

    [[nodiscard]] bool is_given() const { return if_match || if_none_match; }
    // Whether something at this version may be changed.
    [[nodiscard]] bool allows(std::int64_t version) const;
};

// The request's trace, for writes without a body.
struct Trace {
    std::string parent;
};

// ---- extraction; failures are thrown as ApiError

[[nodiscard]] SignedIn extract_signed_in(Context& context);
// A body without members if it is empty, or not an object: clients show the errors of the fields it lacks.
[[nodiscard]] json::Value extract_json(const Context& context);
[[nodiscard]] json::Value extract_query(const Context& context, const std::vector<std::string>& number_names);
[[nodiscard]] IfMatch extract_if_match(const Context& context);
[[nodiscard]] IdempotencyKey extract_idempotency_key(Context& context, const json::Value& body);
// The value in a path. Throws NotFound if it is not text: no id is like that.
[[nodiscard]] const std::string& extract_path_value(const Context& context);

template <class T>
[[nodiscard]] T read_or_throw(const json::Value& value, Instant now) {
    auto read = json::read<T>(value, now);
    if (!read) throw Invalid(std::move(read.error()));
    return std::move(*read);
}

template <class P>
struct Extract;

template <>
struct Extract<Context&> {
    static Context& extract(Context& context) { return context; }
    static void describe(RouteSpec&) {}
};

template <>
struct Extract<SignedIn> {
    static SignedIn extract(Context& context) { return extract_signed_in(context); }
    static void describe(RouteSpec& spec) {
        spec.needs_session = true;
        spec.may_fail_with(ErrorKind::not_signed_in);
    }
};

template <>
struct Extract<MaybeSignedIn> {
    static MaybeSignedIn extract(Context& context) { return {context.claims()}; }
    static void describe(RouteSpec&) {}
};

template <>
struct Extract<Trace> {
    static Trace extract(Context& context) { return {context.request.traceparent}; }
    static void describe(RouteSpec&) {}
};

template <>
struct Extract<IfMatch> {
    static IfMatch extract(Context& context) { return extract_if_match(context); }
    static void describe(RouteSpec& spec) {
        for (auto name : {"If-Match", "If-None-Match"})
            spec.parameters.push_back(
                {name, "header", false, json::schema<std::string>(json::SchemaOf::read)});
        spec.may_fail_with(ErrorKind::precondition_failed);
    }
};

template <class T>
struct Extract<Path<T>> {
    static Path<T> extract(Context& context) { return {T{extract_path_value(context)}}; }
    static void describe(RouteSpec& spec) {
        auto colon = spec.pattern.find(':');
        auto name = spec.pattern.substr(colon + 1, spec.pattern.find('/', colon) - colon - 1);
        spec.parameters.push_back({name, "path", true, json::schema<std::string>(json::SchemaOf::read)});
        spec.may_fail_with(ErrorKind::not_found);
    }
};

template <class T>
struct Extract<Body<T>> {
    static Body<T> extract(Context& context) {
        auto json = extract_json(context);
        return {read_or_throw<T>(json, context.now), extract_idempotency_key(context, json)};
    }
    static void describe(RouteSpec& spec) {
        spec.body_schema = json::schema<T>(json::SchemaOf::read);
        if (spec.method == "POST" && spec.needs_session) {
            spec.parameters.push_back(
                {"Idempotency-Key", "header", false, json::schema<json::Text<1, 255>>(json::SchemaOf::read)});
            spec.may_fail_with(ErrorKind::idempotency_key_reused);
        }
        for (auto kind : {ErrorKind::invalid, ErrorKind::too_large, ErrorKind::unsupported_media_type})
            spec.may_fail_with(kind);
    }
};

template <>
struct Extract<Upload> {
    static Upload extract(Context& context) { return {std::move(context.request.body)}; }
    static void describe(RouteSpec& spec) {
        spec.body_schema = json::Value{json::Object{}};
        spec.body_types = {"image/jpeg", "image/png", "image/webp"};
        for (auto kind : {ErrorKind::invalid, ErrorKind::too_large}) spec.may_fail_with(kind);
    }
};

template <class M>
inline constexpr bool is_number_in_query = std::integral<M> || json::is_whole<M>;
template <class M>
inline constexpr bool is_number_in_query<std::optional<M>> = is_number_in_query<M>;

template <class T>
struct Extract<Query<T>> {
    static Query<T> extract(Context& context) {
        static const auto numbers = [] {
            std::vector<std::string> names;
            T example{};
            json::for_each_member(example, [&](auto D, auto& member) {
                if (is_number_in_query<std::remove_cvref_t<decltype(member)>>)
                    names.push_back(json::wire_name<decltype(D)>());
            });
            return names;
        }();
        return {read_or_throw<T>(extract_query(context, numbers), context.now)};
    }
    static void describe(RouteSpec& spec) {
        T example{};
        json::for_each_member(example, [&](auto D, auto& member) {
            using M = std::remove_cvref_t<decltype(member)>;
            using Read = std::conditional_t<std::same_as<M, std::optional<Money>>, json::Amount, M>;
            spec.parameters.push_back({json::wire_name<decltype(D)>(), "query", !json::may_be_absent<M>,
                                       json::schema<Read>(json::SchemaOf::read)});
        });
        spec.may_fail_with(ErrorKind::invalid);
    }
};

}  // namespace stagedoor::http
