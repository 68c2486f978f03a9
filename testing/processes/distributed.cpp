#include <cstdlib>
#include <stdexcept>

#include "fleet/fleet.hpp"
#include "testing/processes/marketplace.hpp"

namespace stagedoor::testing {
namespace {

class Distributed final : public Marketplace {
  public:
    Distributed(Shape shape, fleet::Layout layout)
        : fleet_({.folder = shape.data.empty() ? folder_.file("data") : shape.data,
                  .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
                  .tls = std::getenv("STAGEDOOR_TLS") != nullptr,
                  .layout = layout,
                  .environment = with_defaults(std::move(shape.environment))}) {}

    ~Distributed() override {
        try {
            fleet_.stop_servers();
        } catch (const std::exception&) {  // they are killed instead
        }
    }

    void launch() override {
        begun_ = std::chrono::steady_clock::now();
        fleet_.start_servers();
        fleet_.launch_services();
    }

    std::chrono::milliseconds await_ready(std::chrono::milliseconds timeout) override {
        fleet_.await_ready(timeout);
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     begun_);
    }

    void kill() override {
        fleet_.gateway().process().kill_with_children();  // first: requests in flight get no response
        for (auto& replica : fleet_.replicas()) replica->process().kill_with_children();
        for (auto& server : fleet_.nats()) server->kill();
        fleet_.postgres().kill();
    }

    // The servers keep running, so that the databases can still be read.
    int stop(std::chrono::milliseconds timeout) override { return fleet_.stop_services(timeout); }

    std::string base_url() const override { return fleet_.url(); }
    std::uint16_t port() const override { return fleet_.port(); }
    std::uint16_t server_port() override { return fleet_.replicas_of("auth").front()->port(); }
    bool is_encrypted_inside() const override { return fleet_.identity().has_value(); }
    std::uint16_t admin_port() override { return fleet_.replicas_of("auth").front()->admin_port(); }
    std::unique_ptr<Databases> databases() override { return open_postgres_databases(fleet_.postgres()); }
    std::vector<std::string> mails_to(const std::string& address) override {
        return mails_in(fleet_.mails(), address);
    }

    std::string log() override {
        std::string all;
        for (auto& replica : fleet_.replicas()) all += replica->process().errors();
        return all;
    }
    std::vector<std::string> logged_errors() override {
        std::vector<std::string> all;
        for (auto& replica : fleet_.replicas()) {
            for (auto& line : errors_in(replica->process().errors()))
                all.push_back(replica->name() + ": " + line);
        }
        return all;
    }

    // Of the largest replica.
    long resident_kib() override {
        long largest = 0;
        for (auto& replica : fleet_.replicas())
            largest = std::max(largest, replica->process().resident_kib());
        return largest;
    }

  private:
    static Variables with_defaults(Variables environment) {
        environment.try_emplace("STAGEDOOR_LOG_LEVEL", "warning");
        return environment;
    }

    runtime::TemporaryFolder folder_;
    fleet::Fleet fleet_;
    std::chrono::steady_clock::time_point begun_;
};

}  // namespace

std::unique_ptr<Marketplace> make_distributed(Shape shape) {
    return std::make_unique<Distributed>(std::move(shape), fleet::Layout::process_per_service);
}

std::unique_ptr<Marketplace> make_nodes(Shape shape) {
    return std::make_unique<Distributed>(std::move(shape), fleet::Layout::nodes);
}

}  // namespace stagedoor::testing
