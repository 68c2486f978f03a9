#include "simulation/workload/scanner.hpp"

#include <algorithm>

#include "common/http/status.hpp"
#include "services/admissions/door_pack.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;
namespace code = admissions::code;

constexpr std::string_view path = "/api/admissions/scanner";
constexpr int max_attempts_of_scan = 4;

template <class T>
std::optional<T> read(const Response& response) {
    if (!response.ok()) return std::nullopt;
    auto document = json::parse(response.body);
    auto value = document ? json::read<T>(*document, Instant{}) : std::unexpected(Problems{});
    return value ? std::optional{std::move(*value)} : std::nullopt;
}

std::string numbers(const std::vector<int>& shards) { return fmt::format("[{}]", fmt::join(shards, ",")); }

}  // namespace

Scanner::Scanner(CustomerClient& requests, AdmissionLog& log, std::string machine,
                 std::chrono::milliseconds skew)
    : requests_(requests),
      world_(requests.world),
      log_(log),
      skew_(skew),
      claims_from_(requests.world.between(10s, 35s)) {
    account_.email = "scanner " + machine;
    account_.address = std::move(machine);
}

std::string Scanner::LogEntry::json() const {
    return fmt::format(
        R"({{"nonce":"{}","serial":"{}","generation":{},"action":"{}","at":"{}","shard":{},"epoch":{}}})",
        nonce, serial, generation, action, Instant{at}.to_text(), shard, epoch);
}

std::int64_t Scanner::now_ms() const { return (requests_.clock.now() + skew_).milliseconds; }

Task<Response> Scanner::send(Method method, const std::string& subpath, std::string body) {
    co_return co_await requests_.send(account_,
                                      api_request(method, std::string{path} + subpath, std::move(body)));
}

Task<bool> Scanner::join(DoorLink link) {
    auto response = co_await requests_.send_with_retry(
        account_,
        api_request(Method::post, std::string{path} + "s", fmt::format(R"({{"token":"{}"}})", link.token)));
    if (!response.ok()) co_return false;
    id_ = response.at("id");
    account_.token = response.at("token");
    link_ = std::move(link);
    co_await load_pack();
    co_return true;
}

Task<> Scanner::act(const std::vector<ShownCode>& queue) {
    if (!pack_) co_return co_await load_pack();
    switch (world_.below(16)) {
        case 0:
            co_return co_await load_pack();
        case 1:
            if (world_.now() >= claims_from_) co_await claim({});
            co_return;
        case 2:
            co_return co_await check_status();
        case 3:
            (void)co_await upload();
            co_return;
        case 4:
            co_return co_await upload_again();
        case 5:
            if (link_.is_supervisor && world_.chance(0.3)) co_return co_await override_some_shard();
            co_return co_await undo();
        default:
            if (!queue.empty()) co_await scan(world_.pick(queue));
    }
}

Task<bool> Scanner::finish() {
    if (!co_await upload()) co_return false;
    std::vector<int> all;
    for (const auto& [shard, epoch] : owned_) all.push_back(shard);
    co_await release(all);
    co_return not_uploaded_.empty() && owned_.empty();
}

// ---- what it stores

Task<> Scanner::load_pack() {
    auto requested_at = world_.now();
    auto pack = read<admissions::Pack>(co_await send(Method::get, "/pack"));
    if (!pack) co_return;
    for (auto& revoked : admissions::unpack_revoked(pack->revoked)) revoked_.insert(std::move(revoked));
    log_.check_pack(link_.listing, requested_at, revoked_);
    pack_ = std::move(pack);
}

void Scanner::add_entries(std::string_view serials, bool inside) {
    for (const auto& serial : admissions::unpack_serials(serials)) inside_[serial] = inside;
}

// It admits passes of a shard only once it knows who has come in, and what has been revoked, until then.
Task<> Scanner::claim(std::vector<int> shards) {
    auto response = read<admissions::Shards>(
        co_await send(Method::post, "/shards", R"({"claim":)" + numbers(shards) + "}"));
    if (!response) co_return;
    if (response->revoked_version > pack_->revoked_version) co_await load_pack();
    if (response->revoked_version > pack_->revoked_version) co_return;  // claims again, by number
    for (const auto& claimed : response->claimed) {
        auto shard = static_cast<int>(claimed.shard);
        if (owned_.contains(shard)) continue;  // it knows more than the server
        add_entries(claimed.inside, true);
        add_entries(claimed.used, false);
        owned_[shard] = claimed.epoch;
    }
    pack_->shards = response->shards;
}

// From the request on, it no longer admits them: the response may be lost.
Task<> Scanner::release(std::vector<int> shards) {
    if (shards.empty() || !co_await upload()) co_return;
    std::string list;
    std::map<int, std::int64_t> released;
    for (auto shard : shards) {
        auto owned = owned_.extract(shard);
        if (owned.empty()) continue;
        released.insert(std::move(owned));
        list +=
            fmt::format(R"({}{{"shard":{},"epoch":{}}})", list.empty() ? "" : ",", shard, released.at(shard));
    }
    auto body = R"({"release":[)" + list + "]}";
    for (int i = 0; i < max_attempts_of_scan; ++i) {
        auto response = co_await send(Method::post, "/shards", body);
        if (!response.is_unknown()) co_return;
    }
}

Task<> Scanner::check_status() {
    auto response = co_await send(Method::get, "/status");
    auto status = json::parse(response.body);
    if (!response.ok() || !status) co_return;
    if (const auto* revoking = (*status)["revoking"].array(); revoking && !revoking->empty()) {
        for (const auto& pair : *revoking) {
            const auto& values = *pair.array();
            revoked_.emplace(*values.at(0).string(), std::stoi(values.at(1).number()->text));
        }
        // Whom it has admitted before, the server learns first.
        if (co_await upload())
            (void)co_await send(Method::post, "/shards",
                                fmt::format(R"({{"acknowledgeRevoked":{}}})", response.at("revokedVersion")));
    }
    std::vector<int> requested;
    if (const auto* shards = (*status)["requested"].array()) {
        for (const auto& shard : *shards) requested.push_back(std::stoi(shard.number()->text));
    }
    co_await release(requested);
}

// ---- what it decides

Task<> Scanner::scan(const ShownCode& shown) {
    auto code = code::parse(shown.text);
    if (!code) co_return;
    if (shown.secret) code->rotation = code::rotation_at(*shown.secret, requests_.clock.now());
    Scan scan{.nonce = new_nonce(),
              .code = code::encode(*code),
              .serial = code::to_hex(code->serial),
              .action = world_.chance(0.8) ? "admit" : "checkOut",
              .generation = code->generation,
              .shard = code::shard_of(code->serial),
              .is_genuine = !admissions::problem_with(*code, *pack_, Instant{now_ms()}),
              .begun = world_.now()};
    if (scan.action == "checkOut") log_.checked_out(scan.serial);
    if (is_strict() && owned_.contains(scan.shard))
        decide_offline(scan);
    else
        co_await decide_online(scan);
}

void Scanner::admit(const Scan& scan) {
    log_.admitted({.listing = link_.listing,
                   .serial = scan.serial,
                   .nonce = scan.nonce,
                   .scanner = account_.address,
                   .generation = scan.generation,
                   .shard = scan.shard,
                   .begun = scan.begun});
    inside_[scan.serial] = true;
}

Task<> Scanner::decide_online(Scan scan) {
    auto body = fmt::format(R"({{"nonce":"{}","code":"{}","action":"{}","at":"{}"}})", scan.nonce, scan.code,
                            scan.action, Instant{now_ms()}.to_text());
    for (int i = 0; i < max_attempts_of_scan; ++i) {
        auto response = co_await send(Method::post, "/scans", body);
        if (response.is_unknown() && !is_strict()) co_return decide_offline(scan);
        if (response.is_unknown()) continue;
        if (response.at("result") == "admitted") {
            own_admissions_.push_back(scan.nonce);
            log_.recorded(scan.nonce);
            admit(scan);
        }
        // Ours, but the response to the claim was lost.
        if (response.at("reason") == "elsewhere") co_await claim({scan.shard});
        co_return;
    }
}

void Scanner::decide_offline(const Scan& scan) {
    auto entry = inside_.find(scan.serial);
    auto is_inside = entry != inside_.end() && entry->second;
    if (!scan.is_genuine) return;
    if (scan.action == "admit") {
        auto has_been_inside = entry != inside_.end();
        if (revoked_.contains({scan.serial, scan.generation}) || is_inside ||
            (has_been_inside && !allows_reentry()))
            return;
        admit(scan);
    } else {
        if (!is_inside) return;
        inside_[scan.serial] = false;
    }
    auto owned = owned_.find(scan.shard);
    not_uploaded_.push_back({scan.nonce, scan.serial, scan.action, scan.generation, scan.shard,
                             owned == owned_.end() ? 0 : owned->second, now_ms()});
}

// ---- what it uploads

Task<bool> Scanner::upload() {
    while (!not_uploaded_.empty()) {
        auto batch = not_uploaded_;
        std::string list;
        for (const auto& entry : batch) list += (list.empty() ? "" : ",") + entry.json();
        auto upload = read<admissions::RecordedUpload>(
            co_await send(Method::post, "/uploads", R"({"scans":[)" + list + "]}"));
        if (!upload) co_return false;
        for (const auto& result : upload->results) {
            if (result.result != admissions::UploadResult::stale) log_.recorded(result.nonce);
        }
        auto is_done = [&](const LogEntry& entry) {
            return std::ranges::find(batch, entry.nonce, &LogEntry::nonce) != batch.end();
        };
        std::erase_if(not_uploaded_, is_done);
        uploaded_ = std::move(batch);
    }
    co_return true;
}

Task<> Scanner::upload_again() {
    if (uploaded_.empty()) co_return;
    std::string list;
    for (const auto& entry : uploaded_) list += (list.empty() ? "" : ",") + entry.json();
    (void)co_await send(Method::post, "/uploads", R"({"scans":[)" + list + "]}");
}

Task<> Scanner::undo() {
    if (!link_.is_supervisor || own_admissions_.empty()) co_return;
    auto undone = world_.pick(own_admissions_);
    // It may be undone although no response arrives.
    log_.undone(undone);
    (void)co_await send(Method::post, "/scans",
                        fmt::format(R"({{"nonce":"{}","action":"undo","undoes":"{}","at":"{}"}})",
                                    new_nonce(), undone, Instant{now_ms()}.to_text()));
}

Task<> Scanner::override_some_shard() {
    auto shard = static_cast<int>(world_.below(code::shard_count));
    for (const auto& each : pack_->shards) {
        if (each.owner && each.owner->text != id_) shard = static_cast<int>(each.shard);
    }
    log_.overridden(link_.listing, shard);
    (void)co_await send(Method::post, "/override", fmt::format(R"({{"shard":{}}})", shard));
}

}  // namespace stagedoor::simulation
