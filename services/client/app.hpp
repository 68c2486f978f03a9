// What the pages are given.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "common/service/service.hpp"
#include "common/templates/assets.hpp"
#include "common/templates/templates.hpp"

namespace stagedoor::client {

using templates::Asset;
using templates::Assets;
using templates::Templates;

// As they were when the program was built (generated, see common/templates/embed.cmake).
[[nodiscard]] std::vector<Asset> embedded_assets();

// How pages look: templates and static files, of one moment.
struct Look {
    std::vector<Asset> assets;
    Templates templates;

    explicit Look(std::vector<Asset> all) : assets(std::move(all)), templates(assets) {}

    [[nodiscard]] const Asset* find(std::string_view path) const {
        auto found = std::ranges::find(assets, path, &Asset::path);
        return found == assets.end() ? nullptr : &*found;
    }
    // Where a browser finds a static file; another address whenever it has changed.
    [[nodiscard]] std::string address(std::string_view file) const {
        const auto* asset = find("static/" + std::string{file});
        return "/static/" + std::string{file} + "?v=" + (asset ? asset->version : "");
    }
};

struct App {
    explicit App(const ServiceDeps& deps)
        : clock(deps.clock),
          random(deps.random),
          http(deps.http),
          https(deps.settings.https()),
          assets(embedded_assets(), deps.settings.views),
          built_in(std::make_shared<const Look>(assets.load())) {}

    // Parsed once; in development at each page.
    [[nodiscard]] std::shared_ptr<const Look> look() const {
        return assets.may_change() ? std::make_shared<const Look>(assets.load()) : built_in;
    }

    runtime::Clock& clock;
    runtime::Random& random;
    http::Client& http;
    bool https;  // what the world calls the site; a request may not know
    Assets assets;
    std::shared_ptr<const Look> built_in;
};

}  // namespace stagedoor::client
