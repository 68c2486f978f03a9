#include "tests/race/delayed_bus.hpp"

#include "services/all_services.hpp"

namespace stagedoor::testing {

AdjustableClock::AdjustableClock()
    : thread_([this](const std::stop_token& stopping) {
          while (!stopping.stop_requested()) {
              tick();
              std::this_thread::sleep_for(1ms);
          }
      }) {}

void AdjustableClock::tick() {
    std::lock_guard lock{mutex_};
    auto step = std::chrono::milliseconds{now_ms() + offset_ms_ - clock_.now().milliseconds};
    if (step > 0ms) clock_.advance(step);
}

void AdjustableClock::advance(std::chrono::milliseconds step) {
    std::lock_guard lock{mutex_};
    offset_ms_ += step.count();
    clock_.advance(step);
}

DelayedBus::DelayedBus() {
    Settings settings;
    settings.program.rate_limits = false;
    settings.program.data = folder_.path().string();
    const std::string secret = "a secret for tests only";
    settings.services["auth"] = auth::Settings{.jwt_key_secret = secret, .mail_link_secret = secret};
    settings.services["admissions"] = admissions::Settings{.secret = secret};
    settings.services["notifications"] = notifications::Settings{.mail_link_secret = secret};
    host_ = std::make_unique<Host>(
        HostParts{clock.clock(), random_, metrics_, bus, background_.executor(), settings,
                  [this](const std::string&, const std::string& name) {
                      return sql::open_sqlite(
                          {.path = folder_.file(name + ".db"), .metrics = &metrics_, .name = name},
                          clock.clock());
                  },
                  *outbound_},
        all_services());
    background_.wait_for(host_->start());
    server_ = http::serve(
        {.drain_delay = 0ms, .access_log = false},
        [this](http::Request& request) { return host_->handle(request); },
        {http_threads_[0].executor(), http_threads_[1].executor()}, *server_clock_, random_, metrics_);
    url = "http://127.0.0.1:" + std::to_string(server_->port());
    databases = open_sqlite_files(folder_.path());
    seller = sign_up(url);
    users = sign_up_many(url, 8);
}

DelayedBus::~DelayedBus() {
    background_.wait_for(server_->drain());
    background_.wait_for(host_->stop());
    server_.reset();
    for (auto& thread : http_threads_) thread.stop();
    background_.stop();
    host_->close();
}

Response DelayedBus::show(const std::string& ticket) const {
    return Client{url}.get("/api/tickets/" + ticket).expect(200);
}

std::string DelayedBus::list_and_await(const Offer& offer) {
    auto id = list_ticket(as_seller(), offer);
    EXPECT_TRUE(becomes_true(
        [&] {
            return databases->number("orders", "SELECT count(*) FROM tickets WHERE id = '" + id + "'") == 1;
        },
        5s));
    return id;
}

}  // namespace stagedoor::testing
