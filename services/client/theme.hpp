// What pages are made of: templates, texts, static files, and the display face for posters.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/language/catalog.hpp"
#include "common/templates/assets.hpp"
#include "common/templates/templates.hpp"
#include "services/client/poster/lettering.hpp"

namespace stagedoor::client {

using templates::Asset;
using templates::Assets;
using templates::Templates;

// Compiled in (generated, see cmake/embed.cmake).
[[nodiscard]] std::vector<Asset> embedded_assets();

// With the texts that are in the operator's folder instead of ours: de/help.md, or else help.md, which is for
// all languages. An empty `folder`: ours.
[[nodiscard]] std::vector<Asset> with_texts_of(const std::filesystem::path& folder,
                                               std::vector<Asset> assets);

// The files as pages need them: the style sheet names the display face by its versioned URL, and each text
// in Markdown (texts/de/help.md) becomes a template (views/text-de-help.html).
[[nodiscard]] std::vector<Asset> prepared(std::vector<Asset> assets);

// Loaded together.
struct Theme {
    std::vector<Asset> assets;
    language::Catalog catalog;
    std::vector<Templates> templates;  // by language
    poster::Lettering lettering;

    explicit Theme(std::vector<Asset> all)
        : assets(prepared(std::move(all))), catalog(assets), lettering(content_of("poster/lettering.ttf")) {
        for (auto each : all_languages) templates.emplace_back(assets, language::Texts{catalog, each});
    }

    [[nodiscard]] const Templates& in(Language language) const { return templates.at(index_of(language)); }

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

}  // namespace stagedoor::client
