#include "apps/describe/idle_services.hpp"

#include <stdlib.h>

#include <boost/asio/use_future.hpp>
#include <stdexcept>

namespace stagedoor::describe {

// Delivers nothing; records the subscriptions.
class IdleServices::RecordingBus final : public bus::Bus {
  public:
    Registrations registrations;

    void publish_from(bus::Log&) override {}
    void deliver_to(bus::Subscriber& subscriber) override {
        registrations[subscriber.service()] = subscriber.subscriptions();
    }
    void start(const runtime::Executor&) override {}
    [[nodiscard]] Task<> stop() override { co_return; }
    [[nodiscard]] bool connected() const override { return true; }
};

namespace {

Settings settings(const std::filesystem::path& folder) {
    Settings settings;
    settings.program.data = folder.string();
    return settings;
}

Task<std::string> body_of(Host& host, std::string target) {
    http::Request request;
    if (!request.set_target(target)) throw std::invalid_argument(target);
    auto response = co_await host.handle(request);
    co_return std::move(response.body);
}

}  // namespace

IdleServices::IdleServices(const std::vector<NamedService>& services)
    : bus_(std::make_unique<RecordingBus>()), outbound_(outbound::make_transport()) {
    auto open_database = [this](const std::string&, const std::string& name) {
        return sql::open_sqlite({.path = folder_.file(name + ".db"), .name = name}, clock_);
    };
    host_ = std::make_unique<Host>(HostParts{clock_, random_, metrics_, *bus_, loop_.get_executor(),
                                             settings(folder_.path()), open_database, *outbound_},
                                   services);
}

IdleServices::~IdleServices() {
    host_->close();
    host_.reset();
}

const Registrations& IdleServices::registrations() const { return bus_->registrations; }

std::string IdleServices::openapi() {
    auto document =
        boost::asio::co_spawn(loop_, body_of(*host_, "/api/openapi.json"), boost::asio::use_future);
    loop_.restart();
    loop_.run();
    return document.get();
}

}  // namespace stagedoor::describe
