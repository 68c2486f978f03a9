// Shared state of the pages: templates, static files, form drafts and the client for the other services.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "common/service/service.hpp"
#include "common/templates/assets.hpp"
#include "common/templates/templates.hpp"
#include "services/client/page_cache.hpp"
#include "services/client/poster/lettering.hpp"
#include "services/client/settings.hpp"

namespace stagedoor::client {

// Of all pages, as views/layout.html says.
inline constexpr std::string_view language = "en";

using templates::Asset;
using templates::Assets;
using templates::Templates;

// Compiled in (generated, see cmake/embed.cmake).
[[nodiscard]] std::vector<Asset> embedded_assets();

// Templates, static files and the display face, loaded together.
struct Theme {
    std::vector<Asset> assets;
    Templates templates;
    poster::Lettering lettering;

    explicit Theme(std::vector<Asset> all)
        : assets(std::move(all)), templates(assets), lettering(content_of("poster/lettering.ttf")) {}

    [[nodiscard]] const Asset* find(std::string_view path) const {
        auto found = std::ranges::find(assets, path, &Asset::path);
        return found == assets.end() ? nullptr : &*found;
    }
    // Empty if there is no such file: builds without npm have no display face.
    [[nodiscard]] std::string_view content_of(std::string_view path) const {
        const auto* asset = find(path);
        return asset ? std::string_view{asset->content} : std::string_view{};
    }
    // URL of a static file; it changes with the content.
    [[nodiscard]] std::string url(std::string_view file) const {
        const auto* asset = find("static/" + std::string{file});
        return "/static/" + std::string{file} + "?v=" + (asset ? asset->version : "");
    }
};

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          http(deps.http),
          settings(deps.own<Settings>()),
          https(deps.settings.https()),
          origin(deps.settings.origin()),
          cells(deps.settings.cells),
          rate_limits(deps.settings.rate_limits),
          needs_confirmed_emails(deps.settings.needs_confirmed_emails()),
          cleanup(deps.clock, {.name = "client: cleanup", .max_interval = std::chrono::minutes{5}}),
          assets(embedded_assets(), deps.settings.views),
          built_in(std::make_shared<const Theme>(assets.load())),
          pages(deps.clock, deps.data_versions->of("tickets"), deps.metrics) {}

    // Parsed once; with --views, for each page.
    [[nodiscard]] std::shared_ptr<const Theme> theme() const {
        return assets.may_change() ? std::make_shared<const Theme>(assets.load()) : built_in;
    }

    // Under https no other host of the domain, and no page without TLS, can set a cookie of such a name.
    [[nodiscard]] std::string cookie_name(std::string_view name) const {
        return (https ? "__Host-" : "") + std::string{name};
    }

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    http::Client& http;
    Settings settings;
    bool https;  // of the public URL
    std::string origin;
    Cells cells;  // empty unless the listings are in several
    bool rate_limits, needs_confirmed_emails;
    PollLoop cleanup;
    Assets assets;
    std::shared_ptr<const Theme> built_in;
    PageCache pages;
};

}  // namespace stagedoor::client
