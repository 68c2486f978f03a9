// Shared state of the pages: templates, static files, form drafts and the client for the other services.
#pragma once

#include <memory>
#include <utility>

#include "common/language/catalog.hpp"
#include "common/language/locale.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "services/client/live/hub.hpp"
#include "services/client/page_cache.hpp"
#include "services/client/poster/previews.hpp"
#include "services/client/settings.hpp"
#include "services/client/theme.hpp"

namespace stagedoor::client {

struct App {
    // `theme`: what pages are made of; null: read here.
    explicit App(const ServiceDeps& deps, std::shared_ptr<const Theme> theme = nullptr)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          http(deps.http),
          settings(deps.own<Settings>()),
          currency(language::currency_at(settings.time_zone)),
          https(deps.settings.https()),
          origin(deps.settings.origin()),
          language(deps.settings.language),
          cells(deps.settings.cells),
          rate_limits(deps.settings.rate_limits),
          needs_confirmed_emails(deps.settings.needs_confirmed_emails()),
          cleanup(deps.clock, {.name = "client: cleanup", .max_interval = std::chrono::minutes{5}}),
          assets(embedded_assets(), deps.settings.views),
          built_in(theme ? std::move(theme) : std::make_shared<const Theme>(load_assets())),
          pages(deps.clock, deps.data_versions->of("tickets"), deps.metrics),
          live_updates(deps.clock, {.name = "client: live updates", .max_interval = std::chrono::minutes{1}}),
          live(make_hub(deps)),
          renderer(deps.renderer) {
        follow("tickets", live::Kind::ticket, deps);
        follow("orders", live::Kind::order, deps);
    }

    [[nodiscard]] std::vector<Asset> load_assets() const {
        return with_texts_of(settings.texts, assets.load());
    }
    // Parsed once; with --views, for each page.
    [[nodiscard]] std::shared_ptr<const Theme> theme() const {
        return assets.may_change() ? std::make_shared<const Theme>(load_assets()) : built_in;
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
    Currency currency;  // the usual one here, by the time zone of the settings
    bool https;         // of the public URL
    std::string origin;
    Language language;  // for visitors who prefer none of ours
    Cells cells;        // empty unless the listings are in several
    bool rate_limits, needs_confirmed_emails;
    PollLoop cleanup;
    Assets assets;
    std::shared_ptr<const Theme> built_in;
    PageCache pages;
    PollLoop live_updates;
    std::shared_ptr<live::Hub> live;
    pictures::Renderer* renderer;  // null: there is none
    poster::Previews previews;

  private:
    std::shared_ptr<live::Hub> make_hub(const ServiceDeps& deps) {
        auto max = static_cast<std::size_t>(settings.live_streams);
        auto of_network = static_cast<std::size_t>(settings.live_streams_of_network);
        return std::make_shared<live::Hub>(live::HubParts{
            deps.clock, deps.random, deps.http, deps.bus, deps.executor, deps.sessions, deps.metrics,
            live_updates.wake_event(), max, rate_limits ? of_network : max, built_in, !cells.empty()});
    }
    void follow(const std::string& service, live::Kind kind, const ServiceDeps& deps) const {
        deps.data_versions->of(service)->on_change(
            [weak = std::weak_ptr{live}, kind](const DataVersion::Changes& changes) {
                if (auto hub = weak.lock()) hub->have_changed(kind, changes);
            });
    }
};

}  // namespace stagedoor::client
