#include "simulation/servers/picture_server.hpp"

#include <algorithm>

#include "common/pictures/protocol.hpp"
#include "common/runtime/async_event.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto slow_for = 2400ms;  // just below the timeout of a write to a bucket

class Renderer final : public pictures::Renderer {
  public:
    explicit Renderer(runtime::Clock& clock) : clock_(clock) {}

    Task<std::optional<pictures::Rendition>> resize(std::string upload) override {
        co_await runtime::sleep_for(clock_, 200ms);
        pictures::Rendition rendition{1200, 800, {}};
        for (auto name : pictures::protocol::picture_files)
            rendition.files.push_back({std::string{name}, upload});
        co_return rendition;
    }
    Task<std::string> preview(std::string svg, std::string /*background*/) override { co_return svg; }

  private:
    runtime::Clock& clock_;
};

}  // namespace

class PictureServer::Connection final : public pictures::Store {
  public:
    Connection(PictureServer& server, std::string from, runtime::Clock& clock)
        : server_(server), from_(std::move(from)), clock_(clock) {}

    Task<> put(std::string name, std::string bytes) override {
        co_await arrive();
        server_.files_[name] = {std::move(bytes), from_};
        co_await respond();
    }
    Task<std::optional<std::string>> get(std::string name) override {
        co_await arrive();
        auto found = server_.files_.find(name);
        auto bytes = found == server_.files_.end() ? std::nullopt : std::optional{found->second.bytes};
        co_await respond();
        co_return bytes;
    }
    Task<> remove(std::string name) override {
        co_await arrive();
        server_.files_.erase(name);
        co_await respond();
    }

  private:
    Task<> arrive() {
        co_await travel();
        if (server_.faults_.inject("picture server slow", 0.1)) co_await runtime::sleep_for(clock_, slow_for);
        if (!server_.network_.reaches(from_, machine)) pictures::throw_unavailable("it can't be reached");
    }
    Task<> respond() {
        co_await travel();
        if (!server_.network_.reaches(from_, machine) ||
            server_.faults_.inject("response of the picture server lost", 0.02))
            pictures::throw_unavailable("the response was lost");
    }
    Task<> travel() {
        auto delay = server_.network_.delay(from_, machine);
        co_await runtime::sleep_for(clock_, std::chrono::ceil<std::chrono::milliseconds>(delay));
    }

    PictureServer& server_;
    const std::string from_;
    runtime::Clock& clock_;
};

std::unique_ptr<pictures::Store> PictureServer::connect(std::string from, runtime::Clock& clock) {
    return std::make_unique<Connection>(*this, std::move(from), clock);
}

bool PictureServer::has_all(const std::string& id) const {
    return std::ranges::all_of(pictures::protocol::picture_files,
                               [&](auto name) { return files_.contains(id + "/" + std::string{name}); });
}

std::set<std::string> PictureServer::ids() const {
    std::set<std::string> all;
    for (const auto& [name, file] : files_) {
        if (!file.writer.empty()) all.insert(name.substr(0, name.find('/')));
    }
    return all;
}

void PictureServer::writer_crashed(const std::string& writer) {
    for (auto& [name, file] : files_) {
        if (file.writer == writer) file.writer.clear();
    }
}

std::unique_ptr<pictures::Renderer> make_renderer(runtime::Clock& clock) {
    return std::make_unique<Renderer>(clock);
}

}  // namespace stagedoor::simulation
