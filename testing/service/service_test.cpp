#include "testing/service/service_test.hpp"

#include <unistd.h>

#include "common/http/routing/problem.hpp"
#include "common/messaging/outbox_log.hpp"
#include "common/security/sessions.hpp"
#include "common/service/service.hpp"

namespace stagedoor::testing {

void eventually(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            ADD_FAILURE() << "not true within " << timeout.count() << " ms";
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

// ---- the service

namespace {

// Only the service knows its name, so this makes a short-lived one to read it.
std::string name_of(Service (*make)(ServiceDeps), ServiceDeps deps) { return make(std::move(deps)).name; }

struct NoClient final : http::Client {
    Task<http::Response> send(std::string_view, http::Request) override {
        throw Unavailable("there is no other service"_text);
    }
};

}  // namespace

ServiceTest::ServiceTest(Service (*make)(ServiceDeps), std::any own, ProgramSettings settings)
    : make_(make),
      own_settings_(std::move(own)),
      settings_(std::move(settings)),
      key_(security::new_signing_key(random)) {
    open_database_ = [this](const std::string& name) { return databases_.open(name, clock); };
    settings_.data = folder_.path().string();
    {
        auto probe = open_database_("probe");
        NoClient no_client;
        runtime::Metrics unused;
        bus::EmbeddedBus no_bus{clock, unused};
        auto transport = outbound::make_transport();
        name_ = name_of(
            make, ServiceDeps{*probe, no_bus, clock, random, no_client, unused, *transport, loop.executor(),
                              open_database_, std::make_shared<security::Sessions>(clock, settings_.https()),
                              std::make_shared<messaging::ReadYourWrites>(clock), settings_, own_settings_});
        probe->close();
    }
    start();
    if (name_ != "auth") {
        std::string_view bytes{reinterpret_cast<const char*>(key_.public_key.data()), key_.public_key.size()};
        contracts::KeyAdded known{
            .id = key_.id, .public_key = security::base64url(bytes), .active_at = clock.now()};
        receives(known);
    }
    openapi_ = json::parse(get("/api/openapi.json").body).value();
}

ServiceTest::~ServiceTest() { end(); }

void ServiceTest::start() {
    bus_ = std::make_unique<bus::EmbeddedBus>(clock, metrics);
    outbound_ = outbound::make_transport();
    HostParts parts{clock,
                    random,
                    metrics,
                    *bus_,
                    loop.executor(),
                    Settings{settings_, {{name_, own_settings_}}},
                    [this](const std::string&, const std::string& name) { return open_database_(name); },
                    *outbound_};
    parts.renderer = &renderer;
    parts.open_pictures = [this](const std::string&) { return std::make_unique<FakeStore>(pictures); };
    host_ = std::make_unique<Host>(std::move(parts), std::vector<NamedService>{{name_, make_}});
    loop.wait_for(host_->start());
}

void ServiceTest::end() {
    loop.wait_for(host_->stop({}));  // at once, as in a crash
    host_->close();
}

void ServiceTest::restart() {
    database().close();
    end();
    host_.reset();
    start();
}

void ServiceTest::restart_with(std::any own) {
    own_settings_ = std::move(own);
    restart();
}

security::Claims ServiceTest::claims(const std::string& user) const {
    security::Claims all;
    all.user = UserId{user};
    all.email = user + "@example.com";
    all.session = SessionId{"session of " + user};
    all.issued_at = clock.now();
    all.expires_at = clock.now() + std::chrono::hours{24};
    return all;
}

Client ServiceTest::nobody() {
    return Client{[this](std::string_view, http::Request request) {
        auto target = request.target;
        EXPECT_TRUE(request.set_target(target)) << target;
        return send(std::move(request));
    }};
}

Client ServiceTest::as(const std::string& user, std::vector<std::string> roles) {
    auto all = claims(user);
    all.roles = std::move(roles);
    return nobody().with("Authorization", "Bearer " + token(all));
}

namespace {

using Handle = Task<http::Response> (Host::*)(http::Request&);

Task<Response> exchange(Host& host, Handle handle, http::Request request) {
    auto request_line = std::string{to_text(request.method)} + " " + request.target;
    std::exception_ptr thrown;
    http::Response response;
    try {
        response = co_await (host.*handle)(request);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) response = http::problem(thrown, request);
    co_return Response{std::move(response), std::move(request_line)};
}

}  // namespace

Response ServiceTest::send(http::Request request) {
    auto response = loop.wait_for(exchange(*host_, &Host::handle, request));
    check_against_openapi(request, response);
    return response;
}

Response ServiceTest::admin_send(http::Request request) {
    return loop.wait_for(exchange(*host_, &Host::handle_admin, std::move(request)));
}

Response ServiceTest::admin_get(std::string target) {
    http::Request request;
    EXPECT_TRUE(request.set_target(target)) << target;
    return admin_send(std::move(request));
}

void ServiceTest::receives_all(std::vector<bus::Event> all) {
    loop.wait_for(inbox().receive(std::move(all), std::nullopt));
}

std::vector<bus::Event> ServiceTest::all_published() {
    return read([this](sql::Tx& tx) {
        std::vector<bus::Event> all;
        for (auto& entry : outbox::read_after(tx, name_, 0, 100'000)) all.push_back(std::move(entry.event));
        return all;
    });
}

// ---- OpenAPI

namespace {

bool template_matches(std::string_view pattern, std::string_view path) {
    while (!pattern.empty() && !path.empty()) {
        auto end = pattern.find('/', 1), path_end = path.find('/', 1);
        auto segment = pattern.substr(0, end), actual = path.substr(0, path_end);
        if (!segment.starts_with("/{") && segment != actual) return false;
        pattern = end == std::string_view::npos ? std::string_view{} : pattern.substr(end);
        path = path_end == std::string_view::npos ? std::string_view{} : path.substr(path_end);
    }
    return pattern.empty() && path.empty();
}

bool has_type(const json::Value& value, std::string_view type) {
    if (type == "object") return value.object();
    if (type == "array") return value.array();
    if (type == "string") return value.string();
    if (type == "boolean") return value.boolean();
    if (type == "null") return value.is_null();
    if (type == "integer")
        return value.number() && value.number()->text.find_first_of(".eE") == std::string::npos;
    return type == "number" && value.number();
}

}  // namespace

std::string schema_violation(const json::Value& schema, const json::Value& value, const std::string& path) {
    if (const auto* choices = schema["anyOf"].array()) {
        for (const auto& choice : *choices) {
            if (schema_violation(choice, value, path).empty()) return {};
        }
        return path + " matches none of anyOf";
    }
    if (const auto* type = schema["type"].string(); type && !has_type(value, *type))
        return path + " is not " + *type;
    if (const auto* only = schema["const"].string(); only && (!value.string() || *value.string() != *only))
        return path + " is not \"" + *only + "\"";
    if (const auto* names = schema["enum"].array()) {
        auto known = false;
        for (const auto& name : *names)
            known = known || (value.string() && name.string() && *name.string() == *value.string());
        if (!known) return path + " is not one of the enum";
    }
    if (const auto* required = schema["required"].array()) {
        for (const auto& name : *required) {
            if (!value.find(*name.string())) return path + "." + *name.string() + " is missing";
        }
    }
    if (const auto* members = value.object()) {
        for (const auto& [name, member] : *members) {
            const auto* property = schema["properties"].find(name);
            if (schema["properties"].object() && !property)
                return path + "." + name + " is not in the schema";
            if (!property) continue;
            if (auto wrong = schema_violation(*property, member, path + "." + name); !wrong.empty())
                return wrong;
        }
    }
    if (const auto* elements = value.array()) {
        for (const auto& element : *elements) {
            if (auto wrong = schema_violation(schema["items"], element, path + "[]"); !wrong.empty())
                return wrong;
        }
    }
    return {};
}

void ServiceTest::check_against_openapi(const http::Request& request, const Response& response) {
    const auto* paths = openapi_["paths"].object();
    if (!paths || response.status == 405) return;
    auto method = std::string{to_text(request.method)};
    for (auto& c : method) c = static_cast<char>(std::tolower(c));
    const json::Value* operation = nullptr;
    std::size_t fewest_names = 99;
    for (const auto& [pattern, methods] : *paths) {
        auto names = static_cast<std::size_t>(std::ranges::count(pattern, '{'));
        if (!methods.find(method) || !template_matches(pattern, request.path) || names >= fewest_names)
            continue;
        operation = methods.find(method);
        fewest_names = names;
    }
    if (!operation) return;  // a page, a health check, or no route
    const auto* declared = (*operation)["responses"].find(std::to_string(response.status));
    ASSERT_TRUE(declared) << method << " " << request.path << " returned " << response.status
                          << ", which its OpenAPI document does not declare";
    const auto& schema = (*declared)["content"]["application/json"]["schema"];
    if (response.status < 300 && schema.object()) {
        EXPECT_EQ(schema_violation(schema, response.json(), "body"), "") << response.body;
    }
}

}  // namespace stagedoor::testing
