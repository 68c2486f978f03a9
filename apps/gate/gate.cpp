#include "apps/gate/gate.hpp"

#include "apps/gate/routes/routes.hpp"
#include "apps/gate/store/migrations.hpp"
#include "apps/gate/workers/workers.hpp"
#include "common/service/service.hpp"
#include "common/service/startup_error.hpp"
#include "services/client/service.hpp"

namespace stagedoor::gate {
namespace {

// With what it knew when it ended, until it reaches the shop.
Task<> start(App& app) {
    auto row = co_await app.db.read([](sql::Tx& tx) { return store::shop(tx); });
    if (!row || !row->pack) co_return;  // at most, it has joined by a wrong link
    if (row->ticket_id.text != app.settings.event)
        throw StartupError("this data folder is that of another event; choose another one with --data");
    app.set_pack(json::read<store::Pack>(*row->pack).value());
}

std::string links(const App& app, const std::string& url) {
    auto link = [&](const char* role) {
        return url + "/door#" + app.tokens.make(admissions::TokenKind::door, role);
    };
    return "doors: " + link("steward") + " for stewards, " + link("supervisor") + " for supervisors";
}

}  // namespace

Service make_service(ServiceDeps deps) {
    using enum ErrorKind;
    auto app = std::make_shared<App>(deps);
    return service("gate", deps, app)
        .migrations(store::migrations())
        .on_start(start)
        .startup_line([app](const std::string& url) { return links(*app, url); })
        .post("/api/admissions/scanners", routes::add_scanner, {not_signed_in})
        .get("/api/admissions/scanner/pack", routes::show_pack)
        .get("/api/admissions/scanner/status", routes::show_status)
        .post("/api/admissions/scanner/scans", routes::scan, {conflict, unavailable})
        .post("/api/admissions/scanner/uploads", routes::upload, {conflict})
        .post("/api/admissions/scanner/shards", routes::change_shards, {conflict})
        .without_accounts()
        .worker(&App::shop_loop, workers::follow_shop)
        .build();
}

OtherProgram program() {
    auto run = [](const std::vector<std::string>& arguments) {
        std::vector<std::string> words{"stagedoor gate", "serve"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        std::vector<char*> pointers;
        for (auto& word : words) pointers.push_back(word.data());
        return stagedoor::run(
            static_cast<int>(pointers.size()), pointers.data(),
            {.name = "stagedoor gate",
             .services = {{"gate", make_service, settings_group()}, {"client", client::make_door_service}}});
    };
    return {.name = "gate",
            .help = "check the tickets of one event at its venue, with or without a connection to the shop",
            .run = run};
}

}  // namespace stagedoor::gate
