#include "simulation/servers/history_storage.hpp"

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

// "orders/00000001-….jsonl.zst" belongs to orders.
DatabaseServer& server_of(Marketplace& marketplace, const std::string& name) {
    return marketplace.database(name.substr(0, name.find('/')));
}

std::string path_of(const DatabaseServer& server, const std::string& name) {
    return "/" + server.machine() + "/history/" + name;
}

class HistoryStorage final : public history::Storage {
  public:
    HistoryStorage(Marketplace& marketplace, std::string machine, runtime::Clock& clock)
        : marketplace_(marketplace), machine_(std::move(machine)), clock_(clock) {}

    // A replica may be killed before and after it, and a machine may lose its power.
    Task<> run(std::function<void()> work) override {
        co_await runtime::sleep_for(clock_, 5ms);
        work();
        co_await runtime::sleep_for(clock_, 5ms);
    }

    void write(const std::string& name, std::string_view bytes) override {
        auto& disk = reach(name).disk();
        auto& file = *disk.file(path_of(server_of(marketplace_, name), name));
        if (file.content == bytes) return;
        if (disk.full) throw std::runtime_error("can't write " + name + ": the disk is full");
        file.content = bytes;
        ++disk.changes;
        file.add_unsynced(0, bytes);
    }

    void sync(const std::string& name) override {
        auto& disk = reach(name).disk();
        if (disk.power_fails_at_fsync) {
            disk.on_power_failure();
            throw std::runtime_error("the power failed");
        }
        auto& file = *disk.file(path_of(server_of(marketplace_, name), name));
        file.synced = file.content;
        file.forget_unsynced();
    }

    std::optional<std::string> read(const std::string& name) override {
        (void)reach(name);
        const auto* content = find_history_file(marketplace_, name);
        return content ? std::optional{*content} : std::nullopt;
    }

    std::vector<std::string> list(const std::string& /*folder*/) override { return {}; }

  private:
    DatabaseServer& reach(const std::string& name) {
        auto& server = server_of(marketplace_, name);
        if (!server.is_up() || !marketplace_.network.reaches(machine_, server.machine()))
            throw std::runtime_error(server.machine() + " can't be reached");
        return server;
    }

    Marketplace& marketplace_;
    const std::string machine_;
    runtime::Clock& clock_;
};

}  // namespace

std::unique_ptr<history::Storage> make_history_storage(Marketplace& marketplace, std::string machine,
                                                       runtime::Clock& clock) {
    return std::make_unique<HistoryStorage>(marketplace, std::move(machine), clock);
}

const std::string* find_history_file(Marketplace& marketplace, const std::string& name) {
    auto& server = server_of(marketplace, name);
    auto& files = server.disk().files;
    auto found = files.find(path_of(server, name));
    return found == files.end() ? nullptr : &found->second->content;
}

}  // namespace stagedoor::simulation
