#include "tests/race/late_bus.hpp"

#include "services/auth/service.hpp"
#include "services/client/service.hpp"
#include "services/expiration/service.hpp"
#include "services/notifications/service.hpp"
#include "services/orders/service.hpp"
#include "services/payments/service.hpp"
#include "services/tickets/service.hpp"

namespace stagedoor::testing {

LeapingClock::LeapingClock()
    : thread_([this](const std::stop_token& stopping) {
          while (!stopping.stop_requested()) {
              tick();
              std::this_thread::sleep_for(1ms);
          }
      }) {}

void LeapingClock::tick() {
    std::lock_guard lock{mutex_};
    auto step = std::chrono::milliseconds{now_ms() + leapt_ms_ - clock_.now().milliseconds};
    if (step > 0ms) clock_.advance(step);
}

void LeapingClock::leap(std::chrono::milliseconds step) {
    std::lock_guard lock{mutex_};
    leapt_ms_ += step.count();
    clock_.advance(step);
}

LateBus::LateBus() {
    Settings settings;
    settings.rate_limits = false;
    settings.data = folder_.path().string();
    settings.jwt_key_secret = settings.mail_link_secret = "a secret for tests only";
    host_ = std::make_unique<Host>(
        HostParts{time.clock(), random_, metrics_, bus, background_.executor(), settings,
                  [this](const std::string& service) {
                      return sql::open_sqlite(
                          {.path = folder_.file(service + ".db"), .metrics = &metrics_, .name = service},
                          time.clock());
                  },
                  *outbound_},
        std::vector<NamedService>{{"auth", auth::make_service},
                                  {"tickets", tickets::make_service},
                                  {"orders", orders::make_service},
                                  {"expiration", expiration::make_service},
                                  {"payments", payments::make_service},
                                  {"notifications", notifications::make_service},
                                  {"client", client::make_service}});
    background_.wait_for(host_->start());
    server_ = http::serve(
        {.drain_delay = 0ms, .access_log = false},
        [this](http::Request& request) { return host_->handle(request); },
        {lanes_[0].executor(), lanes_[1].executor()}, *servers_clock_, random_, metrics_);
    url = "http://127.0.0.1:" + std::to_string(server_->port());
    databases = open_sqlite_files(folder_.path());
    seller = sign_up(url);
    people = sign_up_many(url, 8);
}

LateBus::~LateBus() {
    background_.wait_for(server_->drain());
    background_.wait_for(host_->stop());
    server_.reset();
    for (auto& lane : lanes_) lane.stop();
    background_.stop();
    host_->close();
}

Reply LateBus::shown(const std::string& ticket) const {
    return Visitor{url}.get("/api/tickets/" + ticket).expect(200);
}

std::string LateBus::listed(const Offer& offer) {
    auto id = list_ticket(selling(), offer);
    EXPECT_TRUE(comes_true(
        [&] {
            return databases->number("orders", "SELECT count(*) FROM tickets WHERE id = '" + id + "'") == 1;
        },
        5s));
    return id;
}

}  // namespace stagedoor::testing
