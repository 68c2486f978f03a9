#include <signal.h>

#include <cstdlib>
#include <stdexcept>

#include "testing/http/client.hpp"
#include "testing/processes/marketplace.hpp"

namespace stagedoor::testing {
namespace {

// `stagedoor serve`: all services in one program, a SQLite file each.
class OneProcess final : public Marketplace {
  public:
    explicit OneProcess(Shape shape) : shape_(std::move(shape)) {
        if (shape_.data.empty()) shape_.data = folder_.file("data");
        shape_.environment.try_emplace("STAGEDOOR_LOG_LEVEL", "warning");
        shape_.environment.try_emplace("STAGEDOOR_ADMIN_PORT", std::to_string(admin_port_));
    }

    void launch() override {
        process_.reset();
        begun_ = std::chrono::steady_clock::now();
        process_ = std::make_unique<Process>(
            stagedoor_program(),
            std::vector<std::string>{"serve", "--port", std::to_string(port_), "--data", shape_.data},
            shape_.environment, folder_.path());
    }

    std::chrono::milliseconds await_ready(std::chrono::milliseconds timeout) override {
        auto ready = [this] {
            if (auto exit = process_->ended()) {
                throw std::runtime_error("the marketplace exited with " + std::to_string(exit->code) +
                                         " (signal " + std::to_string(exit->signal) +
                                         ") before it was ready:\n" + process_->errors());
            }
            return knows_port() && is_ready();
        };
        if (!becomes_true(ready, timeout, 2ms))
            throw std::runtime_error("the marketplace did not become ready:\n" + process_->errors());
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     begun_);
    }

    void kill() override {
        process_->signal(SIGKILL);
        (void)process_->wait(10s);
    }

    int stop(std::chrono::milliseconds timeout) override {
        process_->signal(SIGTERM);
        auto exit = process_->wait(timeout);
        return exit.code;
    }

    std::string base_url() const override { return "http://127.0.0.1:" + std::to_string(port_); }
    std::uint16_t port() const override { return port_; }
    std::uint16_t server_port() override { return port_; }
    std::uint16_t admin_port() override { return admin_port_; }
    std::unique_ptr<Databases> databases() override { return open_sqlite_files(shape_.data); }
    long resident_kib() override { return process_->resident_kib(); }

    std::vector<std::string> mails_to(const std::string& address) override {
        return mails_in(shape_.data + "/mails", address);
    }

    std::string log() override { return process_->errors(); }
    std::vector<std::string> logged_errors() override { return errors_in(process_->errors()); }

  private:
    // It picks a port at its first start; later starts pass it the same one.
    bool knows_port() {
        if (port_ != 0) return true;
        auto output = process_->output();
        constexpr std::string_view prefix = "is ready at http://localhost:";
        auto at = output.find(prefix);
        if (at == std::string::npos) return false;
        port_ = static_cast<std::uint16_t>(std::atoi(output.c_str() + at + prefix.size()));
        return port_ != 0;
    }

    bool is_ready() const {
        try {
            return send(base_url(), {.target = "/readyz"}, 2s).status == 200;
        } catch (const NoResponse&) {
            return false;
        }
    }

    runtime::TemporaryFolder folder_;
    Shape shape_;
    std::uint16_t port_ = 0, admin_port_ = free_port();
    std::chrono::steady_clock::time_point begun_;
    std::unique_ptr<Process> process_;
};

}  // namespace

std::unique_ptr<Marketplace> make_one_process(Shape shape) {
    return std::make_unique<OneProcess>(std::move(shape));
}

}  // namespace stagedoor::testing
