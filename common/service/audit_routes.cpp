#include "common/service/audit_routes.hpp"

#include <algorithm>

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "common/security/audit_log.hpp"
#include "common/service/host.hpp"
#include "common/sql/database.hpp"

namespace stagedoor {
namespace {

struct AuditQuery : http::PageQuery {
    std::optional<json::Text<1, 64>> service;
};
BOOST_DESCRIBE_STRUCT(AuditQuery, (http::PageQuery), (service))

struct AuditEntryView {
    std::string service, id;
    Instant time;
    std::string actor, action, subject;
};
BOOST_DESCRIBE_STRUCT(AuditEntryView, (), (service, id, time, actor, action, subject))

// An id with `text`, as cut_page() reads it.
struct EntryId {
    std::string text;
};

Task<std::vector<AuditEntryView>> entries_of(Host& host, std::string service, std::string before,
                                             std::int64_t limit) {
    auto entries = co_await host.database(service).read(
        [&](sql::Tx& tx) { return security::AuditLog::find(tx, before, limit); });
    std::vector<AuditEntryView> views;
    for (auto& [id, time, actor, action, subject] : entries)
        views.push_back({service, id, time, actor, action, subject});
    co_return views;
}

// Ids are in order of time, whichever service made them.
Task<http::Response> list(Host& host, http::Context& context) {
    auto query = http::Extract<http::Query<AuditQuery>>::extract(context);
    auto wanted = query->service ? query->service->value : std::string{};
    auto collection = "audit " + wanted;
    auto before = query->before(collection);
    std::vector<AuditEntryView> all;
    for (const auto& service : host.services()) {
        if (!wanted.empty() && service != wanted) continue;
        for (auto& each : co_await entries_of(host, service, before, query->rows()))
            all.push_back(std::move(each));
    }
    std::ranges::sort(all, std::ranges::greater{}, &AuditEntryView::id);
    http::Page<AuditEntryView> page;
    page.next = http::cut_page(all, *query, collection, [](const auto& each) { return EntryId{each.id}; });
    page.items = std::move(all);
    co_return http::ToResponse<http::Page<AuditEntryView>>::convert(std::move(page), context.request);
}

}  // namespace

void add_audit_routes(http::Router& router, Host& host) {
    http::Route route{http::Method::get, "/admin/audit",
                      [&host](http::Context& context) { return list(host, context); },
                      http::RouteSpec{.hidden = true}};
    route.sessions = host.any_sessions();
    router.add(std::move(route));
}

std::string operator_of(const http::Request& request) { return "operator at " + request.remote_address; }

}  // namespace stagedoor
