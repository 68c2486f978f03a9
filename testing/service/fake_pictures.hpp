// Pictures without a decoder and without a disk.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "common/errors.hpp"
#include "common/pictures/protocol.hpp"
#include "common/pictures/renderer.hpp"
#include "common/pictures/store.hpp"

namespace stagedoor::testing {

// A picture is any text that begins with "picture"; its files are that text and their names.
class FakeRenderer final : public pictures::Renderer {
  public:
    Task<std::optional<pictures::Rendition>> resize(std::string upload) override {
        if (busy) throw Unavailable("Too many pictures at once. Please try again"_text);
        if (!upload.starts_with("picture")) co_return std::nullopt;
        pictures::Rendition rendition{1200, 800, {}};
        for (auto name : pictures::protocol::picture_files)
            rendition.files.push_back({std::string{name}, upload + " " + std::string{name}});
        co_return rendition;
    }
    Task<std::string> preview(std::string svg, std::string background) override {
        ++previews;
        co_return "PNG of " + std::to_string(svg.size()) + " bytes on " + background;
    }

    bool busy = false;
    int previews = 0;
};

// What it holds outlives the service, as a disk does.
struct StoredPictures {
    std::mutex mutex;
    std::map<std::string, std::string> files;
    bool fails = false, closed = false;
    std::atomic<bool> keeps_files = false;  // removing one fails
    std::function<Task<>()> during_put;     // empty: nothing

    [[nodiscard]] std::set<std::string> ids() {
        std::lock_guard lock{mutex};
        std::set<std::string> all;
        for (const auto& [name, bytes] : files) {
            if (!name.starts_with("tried/")) all.insert(name.substr(0, name.find('/')));  // at the start
        }
        return all;
    }
};

class FakeStore final : public pictures::Store {
  public:
    explicit FakeStore(StoredPictures& stored) : stored_(stored) {}

    Task<> put(std::string name, std::string bytes) override {
        if (stored_.during_put) co_await stored_.during_put();
        std::lock_guard lock{stored_.mutex};
        check();
        stored_.files[name] = std::move(bytes);
        co_return;
    }
    Task<std::optional<std::string>> get(std::string name) override {
        std::lock_guard lock{stored_.mutex};
        check();
        auto found = stored_.files.find(name);
        if (found == stored_.files.end()) co_return std::nullopt;
        co_return found->second;
    }
    Task<> remove(std::string name) override {
        std::lock_guard lock{stored_.mutex};
        check(stored_.keeps_files);
        stored_.files.erase(name);
        co_return;
    }
    void close() override {
        std::lock_guard lock{stored_.mutex};
        stored_.closed = true;
    }

  private:
    void check(bool fails_too = false) const {
        if (stored_.fails || fails_too)
            throw Unavailable("This isn't possible right now. Please try again"_text);
    }
    StoredPictures& stored_;
};

}  // namespace stagedoor::testing
