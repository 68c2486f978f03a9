#include "simulation/world/log_capture.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

namespace stagedoor::simulation {
namespace {

class TraceSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit TraceSink(World& world) : world_(world) {}

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        auto level = spdlog::level::to_string_view(message.level);
        world_.annotate(fmt::format("{}: {}", std::string_view{level.data(), level.size()},
                                    std::string_view{message.payload.data(), message.payload.size()}));
    }
    void flush_() override {}

  private:
    World& world_;
};

}  // namespace

LogCapture::LogCapture(World& world) : previous_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("simulation", std::make_shared<TraceSink>(world)));
}

LogCapture::~LogCapture() { spdlog::set_default_logger(previous_); }

}  // namespace stagedoor::simulation
