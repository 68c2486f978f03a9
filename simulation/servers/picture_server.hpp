// The machine that keeps the files of sellers' pictures, for all replicas of tickets. It loses nothing, but
// can be unreachable, or lose its response.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/pictures/renderer.hpp"
#include "common/pictures/store.hpp"
#include "common/runtime/clock.hpp"
#include "simulation/world/fault_injector.hpp"
#include "simulation/world/network.hpp"

namespace stagedoor::simulation {

class PictureServer {
  public:
    PictureServer(Network& network, FaultInjector& faults) : network_(network), faults_(faults) {}

    static constexpr const char* machine = "pictures";
    // As a replica reaches it.
    [[nodiscard]] std::unique_ptr<pictures::Store> connect(std::string from, runtime::Clock& clock);

    // Whether it has all files of a picture.
    [[nodiscard]] bool has_all(const std::string& id) const;
    // The pictures of which it has at least one file, unless the machine that wrote it has crashed since: if
    // their rows were deleted meanwhile, nobody knows of them any more.
    [[nodiscard]] std::set<std::string> ids() const;
    void writer_crashed(const std::string& writer);

  private:
    class Connection;

    Network& network_;
    FaultInjector& faults_;
    struct File {
        std::string bytes, writer;
    };
    std::map<std::string, File> files_;  // by name: "0192…/480.jpg"
};

// Accepts every upload as a picture, after a moment.
[[nodiscard]] std::unique_ptr<pictures::Renderer> make_renderer(runtime::Clock& clock);

}  // namespace stagedoor::simulation
