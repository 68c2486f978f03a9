#include "common/http/openapi/openapi.hpp"

#include <gtest/gtest.h>

#include <set>

#include "common/http/routing/extract.hpp"
#include "common/json/value.hpp"

namespace stagedoor::http {
namespace {

struct NewNote {
    json::Text<1, 20> text;
    std::optional<bool> loud;
};
BOOST_DESCRIBE_STRUCT(NewNote, (), (text, loud))
struct Search {
    std::optional<json::Text<0, 20>> q;
    std::optional<Money> min_price;
    bool exact = false;
};
BOOST_DESCRIBE_STRUCT(Search, (), (q, min_price, exact))

json::Value document(std::vector<RouteSpec> specs) {
    std::vector<const RouteSpec*> all;
    for (const auto& spec : specs) all.push_back(&spec);
    auto text = openapi("A \"title\"", "1.0", "session", all);
    auto value = json::parse(text);
    EXPECT_TRUE(value) << (value ? "" : value.error().pattern()) << "\n" << text;
    return value.value_or(json::Value{});
}

std::string text_of(const json::Value& value) {
    std::string out;
    json::write_value(out, value);
    return out;
}

std::set<std::string> names(const json::Value& object) {
    std::set<std::string> all;
    for (const auto& [name, member] : *object.object()) all.insert(name);
    return all;
}

template <class... P>
RouteSpec spec_of(std::string method, std::string pattern) {
    RouteSpec spec{.method = std::move(method), .pattern = std::move(pattern)};
    (Extract<P>::describe(spec), ...);
    return spec;
}

TEST(OpenApi, is_a_valid_document_even_without_routes) {
    auto empty = document({});
    EXPECT_EQ(*empty["openapi"].string(), "3.1.0");
    EXPECT_EQ(*empty["info"]["title"].string(), "A \"title\"");
    EXPECT_TRUE(empty["paths"].object()->empty());
    EXPECT_TRUE(empty["components"]["schemas"]["Problem"].object());
    EXPECT_EQ(names(empty["components"]["securitySchemes"]), (std::set<std::string>{"bearer", "cookie"}));
}

TEST(OpenApi, lists_every_route_once_except_hidden_ones) {
    auto hidden = spec_of<>("GET", "/orders");
    hidden.hidden = true;
    auto all = document({spec_of<>("GET", "/api/orders"), spec_of<>("POST", "/api/orders"),
                         spec_of<>("GET", "/api/orders/:id"), spec_of<>("DELETE", "/api/orders/:id"),
                         spec_of<>("GET", "/api/orders/:id/items/:item"), hidden});
    EXPECT_EQ(names(all["paths"]),
              (std::set<std::string>{"/api/orders", "/api/orders/{id}", "/api/orders/{id}/items/{item}"}));
    EXPECT_EQ(names(all["paths"]["/api/orders"]), (std::set<std::string>{"get", "post"}));
    EXPECT_EQ(names(all["paths"]["/api/orders/{id}"]), (std::set<std::string>{"delete", "get"}));
    std::set<std::string> ids;
    int operations = 0;
    for (const auto& [path, methods] : *all["paths"].object()) {
        for (const auto& [method, operation] : *methods.object()) {
            ids.insert(*operation["operationId"].string());
            ++operations;
        }
    }
    EXPECT_EQ(operations, 5);
    EXPECT_EQ(ids.size(), 5u);
}

TEST(OpenApi, describes_the_parameters_of_a_route) {
    auto all =
        document({spec_of<SignedIn, Path<OrderId>, IfMatch, Body<NewNote>>("POST", "/api/orders/:id/notes")});
    const auto& operation = all["paths"]["/api/orders/{id}/notes"]["post"];
    std::set<std::string> parameters;
    for (const auto& each : *operation["parameters"].array()) {
        parameters.insert(*each["in"].string() + " " + *each["name"].string() +
                          (*each["required"].boolean() ? " required" : ""));
    }
    EXPECT_EQ(parameters, (std::set<std::string>{"header Idempotency-Key", "header If-Match",
                                                 "header If-None-Match", "path id required"}));
    EXPECT_EQ(text_of(operation["requestBody"]["content"]["application/json"]["schema"]["required"]),
              R"(["text"])");
    EXPECT_TRUE(*operation["requestBody"]["required"].boolean());
    EXPECT_EQ(text_of(operation["security"]), R"([{"cookie":[]},{"bearer":[]}])");
}

TEST(OpenApi, describes_query_parameters) {
    auto all = document({spec_of<MaybeSignedIn, Query<Search>>("GET", "/api/tickets")});
    const auto& operation = all["paths"]["/api/tickets"]["get"];
    ASSERT_EQ(operation["parameters"].array()->size(), 3u);
    EXPECT_EQ(text_of((*operation["parameters"].array())[1]),
              R"({"name":"minPrice","in":"query","required":false,"schema":{"type":"number","minimum":0}})");
    EXPECT_TRUE(*(*operation["parameters"].array())[2]["required"].boolean());
    EXPECT_FALSE(operation.find("security"));
    EXPECT_FALSE(operation.find("requestBody"));
}

TEST(OpenApi, lists_idempotency_key_only_for_a_signed_in_post) {
    for (const auto& spec : {spec_of<Body<NewNote>>("POST", "/api/users/signup"),
                             spec_of<SignedIn, Body<NewNote>>("PUT", "/api/notes")}) {
        EXPECT_TRUE(spec.parameters.empty()) << spec.pattern;
        EXPECT_EQ(std::ranges::count(spec.errors, 422), 0) << spec.pattern;
    }
}

TEST(OpenApi, lists_each_error_once_as_a_problem) {
    auto spec = spec_of<SignedIn, Path<OrderId>, Body<NewNote>>("POST", "/api/orders/:id");
    for (auto kind : {ErrorKind::conflict, ErrorKind::invalid, ErrorKind::forbidden, ErrorKind::conflict})
        spec.may_fail_with(kind);
    spec.success = 201;
    spec.response_schema = json::object({{"type", "object"}});
    auto all = document({spec});
    const auto& responses = all["paths"]["/api/orders/{id}"]["post"]["responses"];
    EXPECT_EQ(names(responses), (std::set<std::string>{"201", "400", "401", "403", "404", "409", "413", "415",
                                                       "422", "500", "503", "default"}));
    EXPECT_EQ(text_of(responses["201"]["content"]), R"({"application/json":{"schema":{"type":"object"}}})");
    EXPECT_EQ(text_of(responses["409"]["content"]),
              R"({"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}})");
}

TEST(OpenApi, has_no_content_for_an_empty_response) {
    auto spec = spec_of<>("DELETE", "/api/orders/:id");
    spec.success = 204;
    auto all = document({spec});
    EXPECT_EQ(text_of(all["paths"]["/api/orders/{id}"]["delete"]["responses"]["204"]),
              R"({"description":"No Content"})");
}

TEST(OpenApi, lists_what_any_route_may_respond_with) {
    auto all = document({spec_of<>("GET", "/api/orders"), spec_of<>("DELETE", "/api/orders"),
                         spec_of<SignedIn, Path<OrderId>, IfMatch>("DELETE", "/api/orders/:id")});
    EXPECT_EQ(names(all["paths"]["/api/orders"]["get"]["responses"]),
              (std::set<std::string>{"200", "304", "400", "412", "500", "503", "default"}));
    EXPECT_EQ(text_of(all["paths"]["/api/orders"]["get"]["responses"]["304"]),
              R"({"description":"Not Modified"})");
    EXPECT_EQ(names(all["paths"]["/api/orders"]["delete"]["responses"]),
              (std::set<std::string>{"200", "400", "403", "415", "500", "503", "default"}));
    EXPECT_EQ(
        names(all["paths"]["/api/orders/{id}"]["delete"]["responses"]),
        (std::set<std::string>{"200", "400", "401", "403", "404", "412", "415", "500", "503", "default"}));
}

TEST(OpenApi, says_that_a_problem_always_has_its_four_members) {
    EXPECT_EQ(text_of(document({})["components"]["schemas"]["Problem"]["required"]),
              R"(["type","title","status","errors"])");
}

std::string document_of(std::vector<RouteSpec> specs) { return text_of(document(std::move(specs))); }

TEST(MergedOpenApi, equals_that_of_one_program_with_all_routes) {
    auto orders = spec_of<SignedIn>("GET", "/api/orders");
    auto place = spec_of<SignedIn, Body<NewNote>>("POST", "/api/orders");
    auto users = spec_of<>("GET", "/api/users/jwks.json");
    auto tickets = spec_of<Query<Search>>("GET", "/api/tickets");
    auto merged = merge_openapi({document_of({users, place}), document_of({tickets}), document_of({orders})});
    EXPECT_EQ(merged, document_of({orders, place, tickets, users}));
}

TEST(MergedOpenApi, has_identical_parts_once) {
    auto same = document_of({spec_of<>("GET", "/api/orders")});
    EXPECT_EQ(merge_openapi({same, same}), same);
}

TEST(MergedOpenApi, has_the_first_version_while_programs_of_two_versions_run) {
    auto older = openapi("Stagedoor", "0.1.0", "session", {}),
         newer = openapi("Stagedoor", "0.2.0", "session", {});
    EXPECT_EQ(merge_openapi({older, newer}), older);
}

TEST(MergedOpenApi, reports_where_two_documents_contradict_each_other) {
    auto one = spec_of<>("GET", "/api/orders"), other = one;
    other.success = 204;
    EXPECT_EQ(merge_openapi({document_of({one}), document_of({other})}).error(),
              "two OpenAPI documents contradict each other: paths /api/orders get");

    auto with_schema = [](std::string name) {
        return R"({"components":{"schemas":{"Note":{"title":")" + name + R"("}}}})";
    };
    EXPECT_EQ(merge_openapi({with_schema("one"), with_schema("other")}).error(),
              "two OpenAPI documents contradict each other: components schemas Note");
    EXPECT_TRUE(merge_openapi({with_schema("one"), with_schema("one")}));
}

TEST(MergedOpenApi, rejects_anything_else) {
    EXPECT_FALSE(merge_openapi({"{"}));
    EXPECT_FALSE(merge_openapi({"[]"}));
    EXPECT_FALSE(merge_openapi({document_of({}), "Service Unavailable"}));
}

}  // namespace
}  // namespace stagedoor::http
