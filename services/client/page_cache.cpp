#include "services/client/page_cache.hpp"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <utility>

#include "common/http/server/compression.hpp"
#include "common/http/server/conditional.hpp"
#include "common/http/status.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::client {
namespace {

// As long as a page's calls to other services may take.
constexpr std::chrono::seconds max_wait{5};
// For the entry, its places in the indexes and the strings' own overhead.
constexpr std::size_t entry_bytes = 1024;

std::size_t bytes_of(const http::Response& response) {
    auto bytes = response.body.size();
    for (const auto& [name, value] : response.headers) bytes += name.size() + value.size();
    return bytes;
}

bool is_for_everybody(const http::Response& response) {
    return response.status == http::ok && !response.headers.has("Set-Cookie") &&
           response.headers["Cache-Control"].find("no-store") == std::string_view::npos;
}

}  // namespace

CachedPage::CachedPage(http::Response rendered) : plain_(std::move(rendered)) {
    // A shared cache keeps it as long as we do. A browser asks each time: after signing in, its user gets
    // another page at the same address.
    plain_.headers.set("Cache-Control", "public, max-age=0, s-maxage=1, must-revalidate");
    // The language of a page without one in its path depends on Accept-Language and the cookie.
    auto by_language = plain_.headers["Vary"].find("Accept-Language") != std::string_view::npos;
    plain_.headers.set("Vary", by_language ? "Accept-Encoding, Accept-Language, Authorization, Cookie"
                                           : "Accept-Encoding, Authorization, Cookie");
    plain_.headers.set("ETag", http::entity_tag(http::hash_body(plain_.body), false).to_text());
    max_bytes_ = 2 * bytes_of(plain_);
}

const http::Response& CachedPage::form(bool gzip) const {
    if (!gzip || !http::worth_compressing(plain_)) return plain_;
    std::call_once(compressed_once_, [this] {
        compressed_ = {.status = plain_.status,
                       .headers = plain_.headers,
                       .body = http::Compressor{}.gzip(plain_.body, 0)};
        compressed_.headers.set("ETag", "W/" + std::string{plain_.headers["ETag"]});
        compressed_.headers.add("Content-Encoding", "gzip");
    });
    return compressed_;
}

struct PageCache::Rendering {
    Since since;
    std::vector<runtime::AsyncEvent> waiting;
    std::shared_ptr<const CachedPage> page;  // once it has ended; null if it has failed
};

struct PageCache::Pages {
    struct Entry {
        std::string key;
        Since since;
        std::shared_ptr<const CachedPage> page;

        [[nodiscard]] std::size_t bytes() const { return entry_bytes + key.size() + page->max_bytes(); }
    };
    using Entries = boost::multi_index_container<
        Entry,
        boost::multi_index::indexed_by<
            boost::multi_index::sequenced<>,  // most recently used first
            boost::multi_index::hashed_unique<boost::multi_index::member<Entry, std::string, &Entry::key>>>>;

    [[nodiscard]] const Entry* find(const std::string& key) {
        auto& by_key = entries.get<1>();
        auto found = by_key.find(key);
        if (found == by_key.end()) return nullptr;
        entries.relocate(entries.begin(), entries.project<0>(found));
        return &*found;
    }
    void erase(const std::string& key) {
        auto& by_key = entries.get<1>();
        auto found = by_key.find(key);
        if (found == by_key.end()) return;
        bytes -= found->bytes();
        by_key.erase(found);
    }
    void add(Entry entry, std::size_t max_bytes) {
        erase(entry.key);
        if (entry.bytes() > max_bytes) return;
        bytes += entry.bytes();
        entries.push_front(std::move(entry));
        while (bytes > max_bytes) {
            bytes -= entries.back().bytes();
            entries.pop_back();
        }
    }

    Entries entries;
    std::size_t bytes = 0;
    std::unordered_map<std::string, std::shared_ptr<Rendering>> renderings;  // at most one per request
};

// The visitor who renders a page for all who wait for it. They go on even if it is never finished.
class PageCache::Leader {
  public:
    Leader(PageCache& cache, const std::string& key, std::shared_ptr<Rendering> rendering)
        : cache_(cache), key_(key), rendering_(std::move(rendering)) {}
    ~Leader() { end(nullptr); }
    Leader(const Leader&) = delete;
    Leader& operator=(const Leader&) = delete;

    void end(std::shared_ptr<const CachedPage> page) {
        if (auto rendering = std::exchange(rendering_, nullptr))
            cache_.end(key_, *rendering, std::move(page));
    }

  private:
    PageCache& cache_;
    const std::string& key_;
    std::shared_ptr<Rendering> rendering_;
};

PageCache::PageCache(runtime::Clock& clock, std::shared_ptr<const DataVersion> listings,
                     runtime::Metrics& metrics, std::size_t max_bytes)
    : clock_(clock),
      listings_(std::move(listings)),
      max_bytes_(max_bytes),
      bytes_now_(metrics.gauge("stagedoor_page_cache_bytes", "Memory of the cached pages, at most")),
      pages_(std::make_unique<Pages>()) {
    auto counter = [&](const char* source) {
        return metrics.counter("stagedoor_shared_pages_total",
                               "Pages for visitors without a session, by where they came from",
                               {{"source", source}});
    };
    from_cache_ = counter("cache");
    from_another_visit_ = counter("another_visit");
    rendered_ = counter("rendered");
}

PageCache::~PageCache() = default;

bool PageCache::is_fresh(const Since& since) const {
    auto is_young = clock_.monotonic() - since.time < max_age;
    return since.version == listings_->current() &&
           (is_young || runtime::mutated(Mutation::sale_leaves_pages));
}

PageCache::Found PageCache::find(const std::string& key) {
    std::lock_guard lock{mutex_};
    if (const auto* entry = pages_->find(key)) {
        if (is_fresh(entry->since)) return {.page = entry->page, .rendering = {}, .rendered = {}};
        pages_->erase(key);
    }
    auto& rendering = pages_->renderings[key];
    if (rendering && is_fresh(rendering->since)) {
        auto& rendered = rendering->waiting.emplace_back(clock_);
        return {.page = {}, .rendering = rendering, .rendered = rendered};
    }
    // The version before the listings are read: a change meanwhile makes the page invalid at once.
    rendering = std::make_shared<Rendering>(Since{listings_->current(), clock_.monotonic()});
    return {.page = {}, .rendering = rendering, .rendered = {}};
}

void PageCache::end(const std::string& key, Rendering& rendering, std::shared_ptr<const CachedPage> page) {
    std::vector<runtime::AsyncEvent> waiting;
    {
        std::lock_guard lock{mutex_};
        rendering.page = page;
        waiting.swap(rendering.waiting);
        auto own = pages_->renderings.find(key);
        if (own != pages_->renderings.end() && own->second.get() == &rendering) pages_->renderings.erase(own);
        if (page && is_fresh(rendering.since))
            pages_->add({key, rendering.since, std::move(page)}, max_bytes_);
        bytes_now_.set(static_cast<double>(pages_->bytes));
    }
    for (auto& each : waiting) each.notify();
}

Task<http::Response> PageCache::get(std::string key, bool gzip, Render render) {
    auto found = find(key);
    if (found.page) {
        from_cache_.add();
        co_return found.page->form(gzip);
    }
    if (found.rendered) {
        if (co_await found.rendered->wait_until(runtime::Timeout{clock_, max_wait})) {
            std::unique_lock lock{mutex_};
            auto page = found.rendering->page;
            lock.unlock();
            if (page) {
                from_another_visit_.add();
                co_return page->form(gzip);
            }
        }
        rendered_.add();
        co_return co_await render();
    }
    Leader leader{*this, key, std::move(found.rendering)};
    rendered_.add();
    auto response = co_await render();
    if (!is_for_everybody(response)) co_return response;
    auto page = std::make_shared<const CachedPage>(std::move(response));
    leader.end(page);
    co_return page->form(gzip);
}

std::size_t PageCache::bytes() const {
    std::lock_guard lock{mutex_};
    return pages_->bytes;
}

std::size_t PageCache::pages() const {
    std::lock_guard lock{mutex_};
    return pages_->entries.size();
}

}  // namespace stagedoor::client
