// Pages as a visitor without a session sees them: rendered once per change of the listings, not once per
// visit.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/http/message.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task.hpp"
#include "common/service/data_versions.hpp"

namespace stagedoor::client {

// A response that is ready to be sent, in both codings. Any thread.
class CachedPage {
  public:
    explicit CachedPage(http::Response rendered);

    // The compressed form is made at its first use.
    [[nodiscard]] const http::Response& form(bool gzip) const;
    // Of both forms, at most.
    [[nodiscard]] std::size_t max_bytes() const { return max_bytes_; }

  private:
    http::Response plain_;
    std::size_t max_bytes_;
    mutable std::once_flag compressed_once_;
    mutable http::Response compressed_;
};

// A page is valid for the version of the listings that was current before it was rendered, and for `max_age`
// from then: what it shows also depends on the time, and a change may not become known here. Any thread.
class PageCache {
  public:
    // Everybody sees a change within a second. The other half of it is for a gateway that caches, too.
    static constexpr std::chrono::milliseconds max_age{500};
    // Some 800 pages: far more than are visited within `max_age`.
    static constexpr std::size_t default_max_bytes = 32 * 1024 * 1024;

    PageCache(runtime::Clock& clock, std::shared_ptr<const DataVersion> listings, runtime::Metrics& metrics,
              std::size_t max_bytes = default_max_bytes);
    ~PageCache();

    using Render = std::function<Task<http::Response>()>;
    // The page of that key: from the cache, or from `render`, which is called once for all who want a page at
    // the same time. What it returns is for everybody if it is a 200 that sets no cookie and may be stored;
    // another response is the caller's own, and all others render for themselves.
    [[nodiscard]] Task<http::Response> get(std::string key, bool gzip, Render render);

    // Memory in use, at most `max_bytes`.
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] std::size_t pages() const;

  private:
    struct Since {
        std::uint64_t version;
        std::chrono::nanoseconds time;
    };
    struct Rendering;
    class Leader;
    struct Pages;
    // What a visitor finds: a page, somebody who renders it, or neither.
    struct Found {
        std::shared_ptr<const CachedPage> page;
        std::shared_ptr<Rendering> rendering;
        std::optional<runtime::AsyncEvent> rendered;
    };

    [[nodiscard]] Found find(const std::string& key);
    [[nodiscard]] bool is_fresh(const Since& since) const;
    void end(const std::string& key, Rendering& rendering, std::shared_ptr<const CachedPage> page);

    runtime::Clock& clock_;
    const std::shared_ptr<const DataVersion> listings_;
    const std::size_t max_bytes_;
    runtime::Counter from_cache_, from_another_visit_, rendered_;
    runtime::Gauge bytes_now_;
    mutable std::mutex mutex_;
    std::unique_ptr<Pages> pages_;
};

}  // namespace stagedoor::client
