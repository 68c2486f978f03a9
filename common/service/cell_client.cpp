#include "common/service/cell_client.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "common/errors.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/server/conditional.hpp"
#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor {
namespace {

using http::Method;

constexpr std::string_view new_listing = "/api/tickets", new_picture = "/api/tickets/pictures";

// "ID" in "/api/orders/ID/return"; empty for a path without an id, such as "/api/tickets/mine".
std::string_view id_in_path(std::string_view path) {
    for (std::string_view collection :
         {"/api/tickets/pictures/", "/api/tickets/", "/api/orders/", "/api/admissions/passes/",
          "/api/admissions/listings/", "/api/admissions/doors/", "/api/admissions/transfers/"}) {
        if (!path.starts_with(collection)) continue;
        auto id = path.substr(collection.size());
        id = id.substr(0, id.find('/'));
        constexpr std::array pages{"mine",     "summary", "suggest", "sellers",
                                   "pictures", "sales",   "show",    "claim"};
        return std::ranges::find(pages, id) == pages.end() ? id : std::string_view{};
    }
    return {};
}

// Tokens of doors, scanners and transfers begin with an id: "ID.MAC".
void add_id_of_token(std::string_view token, std::set<std::string>& ids) {
    if (auto dot = token.find('.'); dot != token.npos) ids.emplace(token.substr(0, dot));
}

// The members of a body that name a listing, an order or a token: of POST /api/orders,
// /api/orders/:id/return, /api/payments, /api/admissions/scanners and /api/admissions/transfers/claim.
void add_ids(const json::Value& value, std::set<std::string>& ids) {
    for (const auto* member : {"ticketId", "orderId"}) {
        if (const auto* id = value[member].string()) ids.insert(*id);
    }
    if (const auto* token = value["token"].string()) add_id_of_token(*token, ids);
    const auto* items = value["items"].array();
    for (const auto& item : items ? *items : json::Array{}) add_ids(item, ids);
}

std::set<std::string> ids_in(const http::Request& request) {
    std::set<std::string> ids;
    if (auto id = id_in_path(request.path); !id.empty()) ids.emplace(id);
    for (const auto& [name, value] : http::parse_pairs(request.query).value_or(http::Pairs{})) {
        if (name == "orderId" || name == "ticketId") ids.insert(value);
    }
    // A scanner has a token instead of a session.
    constexpr std::string_view scheme = "Bearer ";
    if (auto sender = request.headers["Authorization"];
        request.path.starts_with("/api/admissions/scanner/") && sender.starts_with(scheme)) {
        add_id_of_token(sender.substr(scheme.size()), ids);
        return ids;
    }
    if (request.method == Method::get || request.path == new_picture) return ids;
    // A body that isn't JSON gets its error from the service.
    auto body = json::parse(request.body);
    if (!body) return ids;
    add_ids(*body, ids);
    return ids;
}

bool is_list(const http::Request& request) {
    return (request.method == Method::get || request.method == Method::head) &&
           (request.path == "/api/orders" || request.path == "/api/tickets/mine" ||
            request.path == "/api/admissions/passes");
}

// One cell's page of a list, newest first. Ids sort by time.
struct Part {
    std::vector<json::Value> rows;
    std::string link;      // to its next page; empty: there is none
    std::string last_row;  // id
};

std::string id_of(const json::Value& row) {
    const auto* id = row["id"].string();
    return id ? *id : std::string{};
}

std::optional<Part> part_of(const http::Response& response) {
    auto document = json::parse(response.body);
    if (!document || !document->array()) return std::nullopt;
    Part part{*document->array(), std::string{response.headers["Link"]}, {}};
    if (!part.rows.empty()) part.last_row = id_of(part.rows.back());
    return part;
}

// Cuts the page at the newest of the parts' last rows: below it, a cell may have rows we have not seen. The
// next page begins there: every cell understands the others' cursors, which are ids.
http::Response merge(std::vector<Part> parts) {
    std::string end, link;
    for (const auto& part : parts) {
        if (part.link.empty() || part.last_row < end) continue;
        end = part.last_row;
        link = part.link;
    }
    json::Array rows;
    for (auto& part : parts) {
        for (auto& row : part.rows) {
            if (id_of(row) >= end) rows.push_back(std::move(row));
        }
    }
    std::ranges::sort(rows, std::ranges::greater{}, id_of);
    http::Response response;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("Cache-Control", "private, no-store");  // as the cells' own
    if (!link.empty()) response.headers.add("Link", link);
    json::write_value(response.body, json::Value{std::move(rows)});
    return response;
}

}  // namespace

CellClient::CellClient(const ServiceAddresses& services, Cells cells, outbound::Transport& transport,
                       runtime::Clock& clock, runtime::Metrics& metrics)
    : cells_(std::move(cells)), without_cells_(services, transport, clock, metrics) {
    for (const auto& [cell, addresses] : cells_.addresses)
        by_cell_.emplace(cell, std::make_unique<RemoteClient>(addresses, transport, clock, metrics));
}

CellClient::~CellClient() = default;

std::vector<std::string> CellClient::services() const {
    auto all = without_cells_.services();
    for (auto& each : by_cell_.begin()->second->services()) {
        if (std::ranges::find(all, each) == all.end()) all.push_back(std::move(each));
    }
    return all;
}

std::expected<std::optional<int>, ApiError> CellClient::cell_of(const http::Request& request) const {
    std::optional<int> cell;
    for (const auto& id : ids_in(request)) {
        auto found = cells_.of(id);
        if (!found) return std::unexpected(NotFound());
        if (cell && cell != found)
            return std::unexpected(
                Invalid("These tickets can't be in one order: they are sold in different places. Order them "
                        "one after the other"_text));
        cell = found;
    }
    return cell;
}

// The cell of its picture, if it has one; a repeated request with the same key reaches the same cell.
int CellClient::cell_for_new_listing(const http::Request& request) {
    auto body = json::parse(request.path == new_listing ? std::string_view{request.body} : "");
    const auto* picture = body ? (*body)["picture"].string() : nullptr;
    if (auto cell = picture ? cells_.of(*picture) : std::nullopt) return *cell;
    auto key = request.headers["Idempotency-Key"];
    auto index = (key.empty() ? next_++ : http::hash_body(key).first) % by_cell_.size();
    return std::next(by_cell_.begin(), static_cast<std::ptrdiff_t>(index))->first;
}

Task<http::Response> CellClient::send(std::string_view service, http::Request request) {
    if (!cells_.have(service)) co_return co_await without_cells_.send(service, std::move(request));
    auto found = cell_of(request);
    if (!found) co_return http::problem(found.error());
    auto cell = *found;
    if (!cell && request.method == Method::post &&
        (request.path == new_listing || request.path == new_picture))
        cell = cell_for_new_listing(request);
    if (cell) co_return co_await by_cell_.at(*cell)->send(service, std::move(request));
    if (is_list(request)) co_return co_await list_newest_first(service, request);
    if (request.path == "/api/openapi.json") co_return co_await send_to_any(service, request);
    throw Unavailable("This isn't available in a marketplace of several cells"_text);
}

Task<http::Response> CellClient::send_to_any(std::string_view service, const http::Request& request) {
    for (auto& [cell, client] : by_cell_) {
        try {
            co_return co_await client->send(service, request);
        } catch (const Unavailable&) {  // the next cell
        }
    }
    throw Unavailable("No cell is responding"_text);
}

// If a cell is dead, the list omits its part and says so.
Task<http::Response> CellClient::list_newest_first(std::string_view service, const http::Request& request) {
    std::vector<Part> parts;
    std::string missing;
    for (auto& [cell, client] : by_cell_) {
        std::optional<Part> part;
        try {
            auto response = co_await client->send(service, request);
            auto kind = http::error_kind_of(response.status);
            if (kind && kind != ErrorKind::unavailable) co_return response;  // the caller's mistake
            if (response.status == http::ok) part = part_of(response);
        } catch (const Unavailable& error) {
            log::warning("a list lacks the part of a cell", {{"cell", cell}, {"error", error.what()}});
        }
        if (part)
            parts.push_back(std::move(*part));
        else
            missing += (missing.empty() ? "" : ", ") + std::to_string(cell);
    }
    if (parts.empty()) throw Unavailable("No cell is responding"_text);
    auto response = merge(std::move(parts));
    if (!missing.empty()) response.headers.add(missing_cells, missing);
    co_return response;
}

}  // namespace stagedoor
