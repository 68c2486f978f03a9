// GET /door
//
// The page that checks tickets: an app of its own, which works without a network once it was opened. Its
// link's token is in the fragment, so it reaches no server. Only this page needs JavaScript.
//   200  the page, the same for everybody who prefers that language
//
// GET /door/worker.js, /door/manifest.webmanifest
//
//   200  what makes it an app
//
// GET /my/worker.js
//
//   200  keeps the ticket pages that a visitor has opened
#include <fmt/format.h>

#include <map>

#include "common/http/server/conditional.hpp"
#include "common/json/write.hpp"
#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct DoorView {
    std::string door_script, door_styles, texts;
    // From npm; absent in a program that was built without it (docs/dependencies.md).
    std::optional<std::string> reader, verifier;
};
BOOST_DESCRIBE_STRUCT(DoorView, (), (door_script, door_styles, texts, reader, verifier))

constexpr std::string_view script_type = "text/javascript; charset=utf-8";

http::Response script(std::string body) {
    http::Response response{.status = http::ok, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", std::string{script_type});
    response.headers.add("Content-Security-Policy", worker_policy);
    response.headers.add("Cache-Control", "no-cache");  // browsers look for a new version at each visit
    return response;
}

std::optional<std::string> url_if_there(const Theme& theme, std::string_view file) {
    return theme.find("static/" + std::string{file}) ? std::make_optional(theme.url(file)) : std::nullopt;
}

// Everything that the page needs without a network. It changes with each file, and so does the worker.
std::string shell_of(const Theme& theme) {
    constexpr std::string_view folder = "static/";
    auto list = std::string{R"("/door", "/door/manifest.webmanifest")"};
    std::string locales;
    for (const auto& asset : theme.assets) {
        auto is_part = asset.path.starts_with("static/door/") || asset.path == "static/base45.js" ||
                       asset.path == "static/rotation.js" || asset.path == "static/favicon.svg";
        if (is_part) list += fmt::format(", \"{}\"", theme.url(asset.path.substr(folder.size())));
        if (asset.path.starts_with("locales/")) locales += asset.version;
    }
    const auto* page = theme.find("views/door/door.html");
    auto version = http::hash_body(list + locales + (page ? page->version : ""));
    return fmt::format("const shell = [{}];\nconst version = \"{:016x}\";\n", list, version.first);
}

// What the page's scripts say, as JSON; {names} are filled in by them.
std::string texts_of_scripts(const language::Catalog& catalog, Language language) {
    constexpr std::string_view scripts = "scan.";
    json::Object texts;
    for (const auto& key : catalog.keys()) {
        if (!key.starts_with(scripts)) continue;
        std::map<std::string_view, std::string> as_written;
        for (const auto& name : catalog.arguments(key)) as_written[name] = "{" + name + "}";
        std::vector<language::Argument> arguments;
        for (const auto& [name, text] : as_written) arguments.push_back({name, text});
        texts.emplace_back(key.substr(scripts.size()), json::Value{catalog.text(language, key, arguments)});
    }
    return json::to_json(json::Value{std::move(texts)});
}

}  // namespace

Task<http::Response> door(Visit& visit) {
    visit.keep_secret();
    auto theme = visit.app.theme();
    DoorView view{.door_script = theme->url("door/door.js"),
                  .door_styles = theme->url("door/door.css"),
                  .texts = texts_of_scripts(theme->catalog, visit.language),
                  .reader = url_if_there(*theme, "door/jsqr.js"),
                  .verifier = url_if_there(*theme, "door/ed25519.js")};
    co_return visit.page(http::ok, "door/door.html", visit.text("door.heading"), view);
}

Task<http::Response> door_worker(App& app, http::Context&) {
    auto theme = app.theme();
    auto response = script(shell_of(*theme) + theme->find("static/door_worker.js")->content);
    // The page is at /door, above the worker's own folder.
    response.headers.add("Service-Worker-Allowed", "/door");
    co_return response;
}

Task<http::Response> door_manifest(App& app, http::Context&) {
    auto response = script(app.theme()->find("static/door.webmanifest")->content);
    response.headers.set("Content-Type", "application/manifest+json");
    co_return response;
}

Task<http::Response> ticket_worker(App& app, http::Context&) {
    co_return script(app.theme()->find("static/tickets_worker.js")->content);
}

}  // namespace stagedoor::client::routes
